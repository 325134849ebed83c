//! Measures beats of the crate `varta-client` as `loop_times.ts` does, and prints
//! the quantiles as JSON, in nanoseconds. Its arguments: the path of a socket, or
//! `sealed` for sealed beats over UDP, the number of rounds, the number of beats in
//! each, and the milliseconds between them.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::thread::sleep;
use std::time::{Duration, Instant};

use varta_client::{BeatOutcome, BeatTransport, Status, Varta};
use varta_vlp::crypto::Key;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<usize> = args[1..].iter().map(|arg| arg.parse().unwrap()).collect();
    if args[0] == "sealed" {
        let observer = UdpSocket::bind("127.0.0.1:0")?;
        let agent = Varta::connect_secure_udp(observer.local_addr()?, Key::from_bytes([7; 32]))?;
        measure(agent, || observer.recv(&mut [0; 64]), &numbers)
    } else {
        let _ = std::fs::remove_file(&args[0]);
        let observer = UnixDatagram::bind(&args[0])?;
        measure(
            Varta::connect(&args[0])?,
            || observer.recv(&mut [0; 64]),
            &numbers,
        )
    }
}

fn measure<T: BeatTransport>(
    mut agent: Varta<T>,
    receive: impl Fn() -> std::io::Result<usize>,
    numbers: &[usize],
) -> std::io::Result<()> {
    let [rounds, units, interval] = numbers[..] else {
        panic!("three numbers")
    };
    let warm_up = rounds / 10;
    let mut times = Vec::with_capacity(rounds);
    for round in 0..warm_up + rounds {
        if interval > 0 {
            sleep(Duration::from_millis(interval as u64));
        }
        let start = Instant::now();
        for i in 0..units {
            assert!(matches!(
                agent.beat(Status::Ok, i as u32),
                BeatOutcome::Sent
            ));
        }
        let elapsed = start.elapsed().as_nanos() as f64 / units as f64;
        for _ in 0..units {
            receive()?;
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
