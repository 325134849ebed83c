//! Writes the data with which the codec is compared: `version1.json` and `version2.json`, frames and the bytes to which
//! the reference encodes them; `broken.json`, byte strings and the reasons why the reference rejects them; and
//! `sealed.json`, frames that the reference has sealed. The reference is the crate `varta-vlp`: 0.1.0 for version 1, and
//! 0.2.0 for version 2.
//!
//! To write them again, in this folder:
//!
//! ```sh
//! cargo run --release -- .
//! ```
//!
//! The seed is fixed, so the same crates write the same files. Each record has a line of its own. Numbers of 64 bits are
//! decimal strings.

mod sealed;

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, io};

const SEED: u64 = 0x5641_2025;
const RANDOM_FRAMES: usize = 150;
const TERMINAL: u64 = vlp2::NONCE_TERMINAL;

fn main() -> io::Result<()> {
    let dir = env::args().nth(1).unwrap_or_else(|| ".".into());
    let dir = Path::new(&dir);
    let random = &mut Random(SEED);
    for version in [Version::One, Version::Two] {
        let mut frames = boundaries(version);
        frames.extend((0..RANDOM_FRAMES).map(|_| random.frame(version)));
        let records: Vec<_> = frames.iter().map(frame_record).collect();
        write(
            &dir.join(format!("version{}.json", version.byte())),
            records,
        )?;
    }
    write(&dir.join("broken.json"), broken(random))?;
    write(&dir.join("sealed.json"), sealed::records(random))
}

/// Writes each record once, on a line of its own, in the order in which they first appear.
fn write(path: &Path, mut records: Vec<String>) -> io::Result<()> {
    let mut seen = BTreeSet::new();
    records.retain(|record| seen.insert(record.clone()));
    println!("{}: {} records", path.display(), records.len());
    fs::write(path, format!("[\n  {}\n]\n", records.join(",\n  ")))
}

#[derive(Clone, Copy, PartialEq)]
enum Version {
    One,
    Two,
}

impl Version {
    fn byte(self) -> u8 {
        match self {
            Version::One => vlp1::VERSION,
            Version::Two => vlp2::VERSION,
        }
    }

    fn max_payload(self) -> u64 {
        match self {
            Version::One => u64::MAX,
            Version::Two => u32::MAX.into(),
        }
    }
}

#[derive(Clone, Copy)]
struct Frame {
    version: Version,
    status: u8,
    pid: u32,
    timestamp: u64,
    nonce: u64,
    payload: u64,
}

impl Frame {
    fn base(version: Version) -> Frame {
        Frame {
            version,
            status: 0,
            pid: 2,
            timestamp: 0,
            nonce: 1,
            payload: 0,
        }
    }

    /// Encodes a frame with the reference, which must also decode the bytes to the same frame.
    fn encode(&self) -> [u8; 32] {
        let mut out = [0; 32];
        match self.version {
            Version::One => {
                let status = vlp1::Status::try_from_u8(self.status).expect("a known status");
                let frame =
                    vlp1::Frame::new(status, self.pid, self.timestamp, self.nonce, self.payload);
                frame.encode(&mut out);
                assert_eq!(vlp1::Frame::decode(&out), Ok(frame));
            }
            Version::Two => {
                let status = vlp2::Status::try_from_u8(self.status).expect("a known status");
                let payload = u32::try_from(self.payload).expect("a payload of 32 bits");
                let frame = vlp2::Frame::new(status, self.pid, self.timestamp, self.nonce, payload);
                frame.encode(&mut out);
                assert_eq!(vlp2::Frame::decode(&out), Ok(frame));
            }
        }
        out
    }
}

fn frame_record(frame: &Frame) -> String {
    format!(
        "{{ \"frame\": {{ \"version\": {}, \"status\": {}, \"pid\": {}, \"timestamp\": \"{}\", \
         \"nonce\": \"{}\", \"payload\": \"{}\" }}, \"bytes\": \"{}\" }}",
        frame.version.byte(),
        frame.status,
        frame.pid,
        frame.timestamp,
        frame.nonce,
        frame.payload,
        hex(&frame.encode()),
    )
}

/// Each field at the limits of its version, alone and then all together.
fn boundaries(version: Version) -> Vec<Frame> {
    let base = Frame::base(version);
    let two = version == Version::Two;
    let statuses: &[u8] = if two { &[0, 1, 2] } else { &[0, 1, 2, 3] };
    let mut frames = vec![base];
    frames.extend(statuses.iter().map(|&status| Frame { status, ..base }));

    let mut pids = vec![2, 3, 0xff, 0x100, 0xffff, 0x1_0000, 1 << 22];
    pids.extend([i32::MAX as u32, 1 << 31, u32::MAX - 1, u32::MAX]);
    let mut timestamps = edges();
    timestamps.extend([u64::MAX - 2, u64::MAX - 1]);
    let mut nonces = edges();
    nonces.extend([TERMINAL - 2, TERMINAL - 1]);
    let mut payloads = edges();
    payloads.extend([version.max_payload() - 1, version.max_payload()]);
    payloads.retain(|&payload| payload <= version.max_payload());
    if !two {
        pids.extend([0, 1]);
        timestamps.push(u64::MAX);
        nonces.push(TERMINAL);
    }

    frames.extend(pids.iter().map(|&pid| Frame { pid, ..base }));
    frames.extend(
        timestamps
            .iter()
            .map(|&timestamp| Frame { timestamp, ..base }),
    );
    frames.extend(nonces.iter().map(|&nonce| Frame { nonce, ..base }));
    frames.extend(payloads.iter().map(|&payload| Frame { payload, ..base }));

    for &status in statuses {
        frames.push(Frame {
            status,
            pid: u32::MAX,
            timestamp: u64::MAX - 1,
            nonce: TERMINAL - 1,
            payload: version.max_payload(),
            ..base
        });
        if status == vlp2::Status::Critical as u8 || !two {
            frames.push(Frame {
                status,
                nonce: TERMINAL,
                ..base
            });
        }
    }
    // Each byte of each field is different.
    frames.push(Frame {
        status: 1,
        pid: 0x0403_0201,
        timestamp: 0x1817_1615_1413_1211,
        nonce: 0x2827_2625_2423_2221,
        payload: 0x3837_3635_3433_3231 & version.max_payload(),
        ..base
    });
    frames
}

/// The powers of two at which an integer or a float overflows, and their neighbours.
fn edges() -> Vec<u64> {
    let mut edges = vec![0, 1, 2];
    for bit in [8, 16, 31, 32, 52, 53, 62, 63] {
        let power = 1 << bit;
        edges.extend([power - 1, power, power + 1]);
    }
    edges
}

/// The random number generator SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number of any magnitude; those of `next` nearly always have 60 bits or more.
    fn wide(&mut self) -> u64 {
        let shift = self.below(64);
        self.next() >> shift
    }

    /// A frame that is valid in its version.
    fn frame(&mut self, version: Version) -> Frame {
        let statuses = if version == Version::Two { 3 } else { 4 };
        Frame {
            version,
            status: self.below(statuses) as u8,
            pid: (self.wide() as u32).max(2),
            timestamp: self.wide().min(u64::MAX - 1),
            nonce: self.wide().min(TERMINAL - 1),
            payload: self.wide() & version.max_payload(),
        }
    }
}

/// The name of the reason why the reference rejects `bytes`, or none if it accepts them. Both versions take an array of
/// 32 bytes, so they cannot be given any other length.
fn verdict(version: Version, bytes: &[u8]) -> Option<&'static str> {
    let Ok(bytes) = <&[u8; 32]>::try_from(bytes) else {
        return Some("BadLength");
    };
    match version {
        Version::One => vlp1::Frame::decode(bytes).err().map(|error| match error {
            vlp1::DecodeError::BadMagic => "BadMagic",
            vlp1::DecodeError::BadVersion => "BadVersion",
            vlp1::DecodeError::BadStatus(_) => "BadStatus",
        }),
        Version::Two => vlp2::Frame::decode(bytes).err().map(|error| match error {
            vlp2::DecodeError::BadMagic => "BadMagic",
            vlp2::DecodeError::BadVersion => "BadVersion",
            vlp2::DecodeError::BadCrc { .. } => "BadCrc",
            vlp2::DecodeError::BadStatus(_) => "BadStatus",
            vlp2::DecodeError::StallOnWire => "StallOnWire",
            vlp2::DecodeError::BadPid(_) => "BadPid",
            vlp2::DecodeError::BadTimestamp(_) => "BadTimestamp",
            vlp2::DecodeError::BadNonce { .. } => "BadNonce",
        }),
    }
}

fn broken_record(version: Version, bytes: &[u8]) -> String {
    let reason = verdict(version, bytes).unwrap_or_else(|| panic!("{} is not broken", hex(bytes)));
    format!(
        "{{ \"version\": {}, \"bytes\": \"{}\", \"reason\": \"{reason}\" }}",
        version.byte(),
        hex(bytes),
    )
}

fn broken(random: &mut Random) -> Vec<String> {
    let mut records = Vec::new();
    for version in [Version::One, Version::Two] {
        let mut add = |bytes: &[u8]| records.push(broken_record(version, bytes));
        lengths(random.frame(version), &mut add);
        defects(version, random, &mut add);
        flips(version, random, &mut add);
        noise(version, random, &mut add);
        if version == Version::Two {
            checksums(random, &mut add);
        }
    }
    strangers(random, &mut records);
    records
}

/// Frames that are too short or too long, also with wrong first bytes.
fn lengths(frame: Frame, add: &mut impl FnMut(&[u8])) {
    let mut long = [0; 64];
    long[..32].copy_from_slice(&frame.encode());
    for length in [0, 1, 2, 3, 4, 24, 28, 31, 33, 60, 64] {
        add(&long[..length]);
    }
    long[0] ^= 0xff;
    add(&long[..31]);
    add(&long[..33]);
}

/// A defect of one field, in the order of the bytes.
#[derive(Clone, Copy)]
enum Defect {
    Magic,
    Version(u8),
    Status(u8),
    Pid(u32),
    Timestamp,
    Nonce,
    Crc,
}

impl Defect {
    fn apply(self, bytes: &mut [u8; 32]) {
        match self {
            Defect::Magic => bytes[..2].reverse(),
            Defect::Version(version) => bytes[2] = version,
            Defect::Status(status) => bytes[3] = status,
            Defect::Pid(pid) => bytes[4..8].copy_from_slice(&pid.to_le_bytes()),
            Defect::Timestamp => bytes[8..16].fill(0xff),
            Defect::Nonce => bytes[16..24].copy_from_slice(&TERMINAL.to_le_bytes()),
            // The checksum is computed, and made wrong, after all the others.
            Defect::Crc => {}
        }
    }
}

const DEFECTS: [Defect; 13] = [
    Defect::Magic,
    Defect::Version(0),
    Defect::Version(3),
    Defect::Version(0xff),
    Defect::Status(4),
    Defect::Status(0x80),
    Defect::Status(0xff),
    Defect::Status(vlp2::Status::Stall as u8),
    Defect::Pid(0),
    Defect::Pid(1),
    Defect::Timestamp,
    Defect::Nonce,
    Defect::Crc,
];

/// Each defect alone, each two together, and each with all that follow it, which shows the order of the checks; then
/// each defect alone in frames with other values. The checksum is right unless it is the defect. Version 1 does not
/// check for most of them: these appear only together with one for which it checks.
fn defects(version: Version, random: &mut Random, add: &mut impl FnMut(&[u8])) {
    for (index, &first) in DEFECTS.iter().enumerate() {
        let following = &DEFECTS[index..];
        let pairs = following.iter().map(|&second| vec![first, second]);
        for set in pairs.chain([following.to_vec()]) {
            let bytes = defective(Frame::base(version), &set);
            if verdict(version, &bytes).is_some() {
                add(&bytes);
            }
        }
    }
    for _ in 0..3 {
        let frame = Frame {
            status: vlp2::Status::Degraded as u8,
            ..random.frame(version)
        };
        for defect in DEFECTS {
            let bytes = defective(frame, &[defect]);
            if verdict(version, &bytes).is_some() {
                add(&bytes);
            }
        }
    }
}

/// Of two defects of the same field, the first is kept.
fn defective(frame: Frame, defects: &[Defect]) -> [u8; 32] {
    let mut bytes = frame.encode();
    for defect in defects.iter().rev() {
        defect.apply(&mut bytes);
    }
    if frame.version == Version::Two {
        let wrong = defects.iter().any(|defect| matches!(defect, Defect::Crc));
        let crc = vlp2::crc32c::compute(&bytes[..28]) ^ u32::from(wrong);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

/// One inverted bit: in version 2 one of each byte, and each bit of the magic, version, status and checksum; in version
/// 1, which has no checksum, each bit that makes the bytes invalid.
fn flips(version: Version, random: &mut Random, add: &mut impl FnMut(&[u8])) {
    let frame = random.frame(version).encode();
    let mut flip = |bit: usize| {
        let mut bytes = frame;
        bytes[bit / 8] ^= 1 << (bit % 8);
        if verdict(version, &bytes).is_some() {
            add(&bytes);
        }
    };
    (0..32).for_each(&mut flip);
    if version == Version::Two {
        (32..224)
            .step_by(8)
            .for_each(|bit| flip(bit + random.below(8) as usize));
        (224..256).for_each(&mut flip);
    }
}

/// Random bytes, only zeros, and only ones.
fn noise(version: Version, random: &mut Random, add: &mut impl FnMut(&[u8])) {
    add(&[0; 32]);
    add(&[0xff; 32]);
    for _ in 0..4 {
        let mut bytes = [0; 32];
        bytes.fill_with(|| random.next() as u8);
        add(&bytes);
        bytes[..2].copy_from_slice(&vlp2::MAGIC);
        add(&bytes);
        bytes[2] = version.byte();
        bytes[3] |= 0x80;
        add(&bytes);
    }
}

/// Checksums of other algorithms that are similar to the right one.
fn checksums(random: &mut Random, add: &mut impl FnMut(&[u8])) {
    let mut bytes = random.frame(Version::Two).encode();
    let right = vlp2::crc32c::compute(&bytes[..28]);
    let zeroed = [&bytes[..28], &[0; 4]].concat();
    let wrong = [
        0,
        u32::MAX,
        !right,
        right.swap_bytes(),
        right.reverse_bits(),
        vlp2::crc32c::compute(&zeroed),
        vlp2::crc32c::compute(&bytes[4..28]),
        vlp2::crc32c::compute(&bytes[..24]),
    ];
    for crc in wrong {
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        add(&bytes);
    }
}

/// Valid frames of the other version; then the same with the version byte of this one. Version 1 accepts such a frame
/// of version 2, so that is not written.
fn strangers(random: &mut Random, records: &mut Vec<String>) {
    for _ in 0..4 {
        let mut old = random.frame(Version::One).encode();
        let new = random.frame(Version::Two).encode();
        records.push(broken_record(Version::Two, &old));
        records.push(broken_record(Version::One, &new));
        old[2] = vlp2::VERSION;
        records.push(broken_record(Version::Two, &old));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
