//! temp
use acd::Config;
use simulation::{Agents, Callers, PickUp, Scenario, Span, simulate};
fn main() {
    // case agents calls seeds key=value...
    let a: Vec<String> = std::env::args().skip(1).collect();
    let case = a[0].as_str();
    let agents: u32 = a[1].parse().unwrap();
    let calls: u64 = a[2].parse().unwrap();
    let seeds: u64 = a[3].parse().unwrap();
    let mut table = toml::Table::try_from(Config::default()).unwrap();
    table.insert("wrap_up_ms".into(), toml::Value::Integer(1));
    let (mut talk, mut fail, mut back) = (240.0, 0.1, 30.0);
    for kv in &a[4..] {
        let (k, v) = kv.split_once('=').unwrap();
        match k {
            "talk" => talk = v.parse().unwrap(),
            "fail" => fail = v.parse().unwrap(),
            "back" => back = v.parse().unwrap(),
            _ => { assert!(table.contains_key(k), "{k}"); table.insert(k.into(), if v == "true" || v == "false" { toml::Value::Boolean(v == "true") } else { toml::Value::Integer(v.parse().unwrap()) }); }
        }
    }
    let config: Config = table.try_into().unwrap();
    let after = match case {
        "auto" => Span::Fixed { s: 0.5 },
        "ln" => Span::LogNormal { mean_s: 4.0, p95_s: 8.0 },
        "exp" => Span::Exponential { mean_s: 4.0 },
        _ => Span::Fixed { s: 0.0 },
    };
    let scenario = |seed, instant: bool| Scenario {
        seed,
        callers: Callers { calls: calls + 600, per_hour: 600.0, patience: Span::Exponential { mean_s: 120.0 } },
        agents: Agents {
            count: agents,
            talk: Span::Exponential { mean_s: talk },
            pick_up: if instant { PickUp { after: Span::Fixed { s: 0.0 }, unanswered: 0.0 } } else { PickUp { after, unanswered: fail } },
            auto_answer: case == "auto",
            returns_after: Span::Fixed { s: back },
        },
        warm_up_s: 3600.0,
        config: if instant { Config { wrap_up_ms: config.wrap_up_ms, ..Config::default() } } else { config.clone() },
    };
    let t = std::time::Instant::now();
    let (mut loss, mut dbl, mut off, mut nr, mut broken, mut n) = (0.0, 0.0, 0.0, 0.0, 0, 0.0);
    let mut lost_k1 = 0.0;
    for seed in 1..=seeds {
        let i = simulate(&scenario(seed, true)).unwrap();
        let g = simulate(&scenario(seed, false)).unwrap();
        let s = |o: &simulation::Outcome| o.answered_in_time as f64 / o.requests as f64 * 100.0;
        loss += s(&i) - s(&g);
        lost_k1 += (i.answered as f64 / i.requests as f64 - g.answered as f64 / g.requests as f64) * 100.0;
        let c = (calls + 600) as f64;
        dbl += g.double_ring_us as f64 / 1e6 / c;
        off += g.offers as f64 / c;
        nr += g.put_not_ready as f64 / c * 1000.0;
        broken += g.broken_rules;
        n += 1.0;
    }
    println!("{case} {agents} loss={:.3} k1loss={:.3} double={:.3} offers={:.3} notready/1000={:.2} broken={broken} {:.1}s {:?}", loss / n, lost_k1 / n, dbl / n, off / n, nr / n, t.elapsed().as_secs_f64(), &a[4..]);
}
