//! Measures a sealed beat of the crate `varta-client` as `loop_times.ts` does, and
//! prints the quantiles as JSON, in nanoseconds. Its arguments are the number of
//! rounds and the number of beats in each.

use std::net::UdpSocket;
use std::time::Instant;

use varta_client::{BeatOutcome, Status, Varta};
use varta_vlp::crypto::Key;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse().unwrap());
    let (rounds, units): (usize, usize) = (args.next().unwrap(), args.next().unwrap());
    let observer = UdpSocket::bind("127.0.0.1:0")?;
    let mut agent = Varta::connect_secure_udp(observer.local_addr()?, Key::from_bytes([7; 32]))?;
    let warm_up = rounds / 10;
    let mut times = Vec::with_capacity(rounds);
    for round in 0..warm_up + rounds {
        let start = Instant::now();
        for i in 0..units {
            assert!(matches!(agent.beat(Status::Ok, i as u32), BeatOutcome::Sent));
        }
        let elapsed = start.elapsed().as_nanos() as f64 / units as f64;
        for _ in 0..units {
            observer.recv(&mut [0; 64])?;
        }
        if round >= warm_up {
            times.push(elapsed);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(share * (rounds - 1) as f64) as usize];
    println!(
        "{{ \"p10\": {}, \"p50\": {}, \"p90\": {}, \"p99\": {} }}",
        at(0.1),
        at(0.5),
        at(0.9),
        at(0.99)
    );
    Ok(())
}
