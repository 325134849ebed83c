//! Beats for secure UDP, sealed by the reference.

use std::fmt::Write;

use vlp2::crypto::{self, kdf, Key};

use crate::{hex, Random, Version};

const COUNT: usize = 40;
/// Counters at which a byte or the whole overflows, then random ones.
const COUNTERS: [u32; 7] = [0, 1, 0xff, 0x100, 0xffff_fffe, 0xffff_ffff, 0x0102_0304];

/// Sealed frames of both modes, each with everything that it is made of.
pub fn records(random: &mut Random) -> Vec<String> {
    (0..COUNT).map(|index| record(index, random)).collect()
}

fn record(index: usize, random: &mut Random) -> String {
    let frame = random.frame(Version::Two);
    let plaintext = frame.encode();
    let key: [u8; 32] = bytes(random);
    let iv_random: [u8; 8] = bytes(random);
    let counter = COUNTERS.get(index / 2).copied();
    let counter = counter.unwrap_or_else(|| random.next() as u32);
    let mut iv = [0; 12];
    iv[..8].copy_from_slice(&iv_random);
    iv[8..].copy_from_slice(&counter.to_le_bytes());

    let is_master = index % 2 == 1;
    let pid = frame.pid.to_le_bytes();
    let (aad, derived): (&[u8], _) = if is_master {
        let derived = kdf::derive_agent_key(&Key::from_bytes(key), frame.pid).unwrap();
        (&pid, *derived.as_bytes())
    } else {
        (&[], key)
    };
    let (ciphertext, tag) = crypto::seal(&derived, &iv, aad, &plaintext).unwrap();
    let datagram = [aad, &iv, &ciphertext, &tag].concat();

    let mut record = String::from("{ ");
    let name = if is_master { "masterKey" } else { "key" };
    write!(record, "\"{name}\": \"{}\", ", hex(&key)).unwrap();
    if is_master {
        write!(record, "\"derivedKey\": \"{}\", ", hex(&derived)).unwrap();
    }
    write!(
        record,
        "\"pid\": {}, \"ivRandom\": \"{}\", \"ivCounter\": {counter}, \"frame\": \"{}\", \"datagram\": \"{}\" }}",
        frame.pid,
        hex(&iv_random),
        hex(&plaintext),
        hex(&datagram),
    )
    .unwrap();
    record
}

fn bytes<const N: usize>(random: &mut Random) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.fill_with(|| random.next() as u8);
    bytes
}
