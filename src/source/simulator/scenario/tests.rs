//! Which data files are scenarios, and what is said of those that are not.

use super::*;
use crate::source::error_chain;

const HOST: &str = r#"
name = "t"
host = "hv07"
summary = "a test"

[[interface]]
name = "eth0"
speed = "10G"
master = "bond0"

[[interface]]
name = "eth1"
speed = "10G"
master = "bond0"

[[interface]]
name = "bond0"
kind = "bond"
mode = "802.3ad"

[[interface]]
name = "br0"
index = 40
kind = "bridge"

[[interface]]
name = "tap0"
kind = "tun"
master = "br0"
"#;

fn scenario(more: &str) -> Scenario {
    Scenario::parse("t", &format!("{HOST}{more}")).expect("a scenario")
}

fn error(more: &str) -> String {
    let parsed = Scenario::parse("t", &format!("{HOST}{more}"));
    error_chain(&parsed.expect_err(more))
}

#[test]
fn what_is_left_out_is_filled_in() {
    let scenario = scenario("[[flow]]\ninterface = 'bond0'\nrate = '4.9G'");
    let indexes: Vec<u32> = scenario.ports.iter().map(|port| port.link.index).collect();
    assert_eq!(indexes, [1, 2, 3, 40, 41]);
    let eth1 = &scenario.ports[1];
    assert_eq!(eth1.link.mac.as_deref(), Some("02:6d:00:00:00:02"));
    assert_eq!((eth1.link.mtu, eth1.link.master), (Some(1500), Some(3)));
    assert_eq!(eth1.there, Duration::ZERO..Duration::MAX);
    let flow = &scenario.flows[0];
    assert_eq!((flow.direction, flow.bits_per_s), (Direction::Tx, 4_900_000_000));
    assert_eq!(flow.during, Duration::ZERO..Duration::MAX);
}

#[test]
fn flows_of_a_bond_take_turns_unless_a_member_is_named() {
    let flow = "[[flow]]\ninterface = 'bond0'\nrate = '1G'\n";
    let scenario = scenario(&format!("{flow}{flow}{flow}member = 1\n{flow}"));
    let paths: Vec<&[usize]> = scenario.flows.iter().map(|f| &f.paths[..]).collect();
    assert_eq!(paths, [&[0, 1][..], &[1, 0], &[1, 0], &[1, 0]]);
}

#[test]
fn a_flow_ends_with_the_scenario() {
    let more = "[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '1m30s'\nto = '3m'";
    let text = format!("length = '2m'{HOST}{more}");
    let scenario = Scenario::parse("t", &text).expect("a scenario");
    let seconds = Duration::from_secs;
    assert_eq!(scenario.flows[0].during, seconds(90)..seconds(120));
}

#[test]
fn a_name_nobody_has_is_told_with_those_there_are() {
    let existing = "there is no interface `bond9`; there are: eth0, eth1, bond0, br0, tap0";
    for (more, entry) in [
        ("[[flow]]\nguest = 'vm3'\ninterface = 'bond9'\nrate = '1G'", "flow 1 of `vm3` on `bond9`"),
        ("[[event]]\nat = '1s'\ninterface = 'bond9'\nchange = 'down'", "event 1 on `bond9`"),
    ] {
        assert_eq!(error(more), format!("{entry}: {existing}"));
    }
    for field in ["master", "parent"] {
        let text = error(&format!("[[interface]]\nname = 'x'\n{field} = 'bond9'"));
        assert_eq!(text, format!("interface `x`: {existing}, x"));
    }
}

#[test]
fn an_entry_that_cannot_be_is_one_error_naming_it() {
    let interface = |fields: &str| format!("[[interface]]\nname = 'x'\n{fields}");
    let flow = |fields: &str| format!("[[flow]]\nrate = '1G'\n{fields}");
    for (more, text) in [
        (
            "[[interface]]\nname = 'eth0'".to_owned(),
            "interface `eth0`: another interface has the same name",
        ),
        (interface("index = 40"), "interface `x`: another interface has the same index"),
        (interface("jitter = 0.6"), "interface `x`: `jitter` must be from 0 to 0.5"),
        (interface("jitter = nan"), "interface `x`: `jitter` must be from 0 to 0.5"),
        (interface("refresh = '0s'"), "interface `x`: `refresh` must be longer than 0s"),
        (interface("counter_bits = 16"), "interface `x`: `counter_bits` must be 32 or 64"),
        (interface("mtu = 0"), "interface `x`: `mtu` must be above 0"),
        (
            interface("appears = '5s'\nvanishes = '3s'"),
            "interface `x`: it ends at 3s, but begins at 5s",
        ),
        (
            interface("kind = 'vlan'\nparent = 'x'"),
            "interface `x`: there is no physical link below it",
        ),
        (
            interface("kind = 'vlan'\nparent = 'eth0'\nrefresh = '1s'"),
            "interface `x`: its counters are those of the links below it; leave out `refresh`",
        ),
        (
            flow("interface = 'eth0'\nfrom = '5s'\nto = '3s'"),
            "flow 1 on `eth0`: it ends at 3s, but begins at 5s",
        ),
        (
            flow("interface = 'bond0'\nmember = 2"),
            "flow 1 on `bond0`: member 2 is beyond the 2 that the interface has; they count from 0",
        ),
        (
            flow("interface = 'br0'"),
            "flow 1 on `br0`: a flow goes to a link, a bond or a team, and this is a bridge",
        ),
        (
            "[[event]]\nat = '1s'\ninterface = 'bond0'\nchange = 'reset'".to_owned(),
            "event 1 on `bond0`: its counters are those of the links below it; leave out `reset`",
        ),
        (
            "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'\nto = 'eth1'".to_owned(),
            "event 1 on `eth0`: there already is an interface `eth1` at that time",
        ),
    ] {
        assert_eq!(error(&more), text);
    }
}

#[test]
fn a_name_is_free_again_once_its_interface_is_gone_or_renamed() {
    scenario(
        "[[interface]]\nname = 'a'\nvanishes = '2s'\n[[interface]]\nname = 'b'\n\
         [[event]]\nat = '2s'\ninterface = 'b'\nchange = 'rename'\nto = 'a'\n\
         [[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'\nto = 'b2'\n\
         [[event]]\nat = '3s'\ninterface = 'eth1'\nchange = 'rename'\nto = 'eth0'\n",
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let line = HOST.matches('\n').count() + 1;
    for (more, at, text) in [
        ("[[flow]]\ninterface = 'eth0'\nrate = 'fast'", 2, "`fast` is not a link speed"),
        (
            "[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '5 parsecs'",
            3,
            "`5 parsecs` is not a time",
        ),
        ("[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '-5s'", 3, "`-5s` is not a time"),
        ("[[flow]]\ninterface = 'eth0'\nrate = '1G'\ndirection = 'up'", 3, "unknown variant `up`"),
        ("[[interface]]\nname = 'x'\nspede = '1G'", 2, "unknown field `spede`"),
        ("[[flow]]\ninterface = 'eth0'", 0, "missing field `rate`"),
        ("[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'", 0, "needs `to`"),
        (
            "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'down'\nto = 'x'",
            0,
            "only a change of",
        ),
        (
            "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'speed'\nto = 'x'",
            0,
            "not a link speed",
        ),
        (
            "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'up'\nby = 'x'",
            4,
            "unknown field `by`",
        ),
        ("[[flow", 0, "unclosed"),
    ] {
        let got = error(more);
        assert!(got.starts_with(&format!("line {}: ", line + at)), "{more}: {got}");
        assert!(got.contains(text), "{more}: {got}");
    }
}

#[test]
fn a_file_has_the_name_it_is_known_by() {
    let error = Scenario::parse("other", HOST).expect_err("it is called t");
    assert_eq!(error_chain(&error), "its file calls it `t`");
}

#[test]
fn trials_run_one_at_a_time() {
    let trial =
        |from, to| format!("[[trial]]\nfrom = '{from}'\nto = '{to}'\nset = {{ vms = '3' }}\n");
    let two = scenario(&(trial("1s", "3s") + &trial("4s", "5s"))).trials;
    assert_eq!((two[1].during.start.as_secs(), &two[1].set["vms"][..]), (4, "3"));
    assert_eq!(
        error(&(trial("1s", "3s") + &trial("3s", "5s"))),
        "trial 2: the trial before it ends at 3s; one runs at a time"
    );
    assert_eq!(error(&trial("3s", "2s")), "trial 1: it ends at 2s, but begins at 3s");
}
