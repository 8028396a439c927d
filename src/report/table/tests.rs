//! Tables as they are handed in, and what is said of those that cannot be read.

#![expect(clippy::float_cmp, reason = "what is read, and computed from it, is exact")]

use proptest::prelude::*;

use super::*;

const WS2012: &[u8] = include_bytes!("../../../assets/examples/ws2012-live-migration.csv");
const CONNECTIONS: &[u8] = include_bytes!("../../../assets/examples/connections-100gbe.csv");

fn table(text: &str) -> Table {
    read(text.as_bytes(), "r.csv", "r").unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: impl AsRef<[u8]>) -> String {
    read(text.as_ref(), "r.csv", "r").expect_err("refused").to_string()
}

fn factors(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.factors.iter().map(|(factor, value)| (factor.as_str(), value.as_str())).collect()
}

#[test]
fn the_founding_table_is_read() {
    let Table { outcomes, remarks } = read(WS2012, "ws.csv", "ws").expect("a table");
    assert_eq!(outcomes.len(), 12);
    assert_eq!(remarks, ["MTU is not given: 1500 is taken"]);
    let impossible: Vec<_> = outcomes.iter().filter(|o| o.impossible).map(|o| &o.id[..]).collect();
    assert_eq!(impossible, ["ws#5", "ws#6"]);
    let last = &outcomes[11];
    assert_eq!(factors(last), [("config", "4x10GbE"), ("vms", "20")]);
    assert_eq!((last.duration, last.resolution, last.repetition), (21.0, 1.0, 1));
    assert_eq!((last.links, last.line_rate), (Some(4), Some(4e10)));
    assert_eq!(last.member_attainable, Some(1e10 * 1514.0 / 1538.0));
    assert_eq!(last.attainable, Some(4e10 * 1514.0 / 1538.0));
    assert_eq!((last.peak, last.peak_window), (Some(1_025_444_980.0 * 8.0), None));
    assert_eq!((last.memory, last.mean, last.moved), (Some(536_870_912.0), None, None));
    let gbe = outcomes[2].utilisation().expect("a speed");
    assert!((gbe - 0.9983).abs() < 5e-5, "{gbe}");
}

#[test]
fn the_table_of_connections_is_read() {
    let outcomes = read(CONNECTIONS, "c.csv", "c").expect("a table").outcomes;
    let gbit: Vec<_> = outcomes.iter().map(|o| (o.mean.expect("known") / 1e8).round()).collect();
    assert_eq!(gbit, [136.0, 315.0, 607.0, 965.0, 896.0]);
    for outcome in &outcomes {
        let mean = outcome.moved.expect("known") * 8.0 / outcome.duration;
        assert!((mean / outcome.mean.expect("known") - 1.0).abs() < 2e-4, "{}", outcome.id);
        assert_eq!(outcome.resolution, 0.001);
    }
}

#[test]
fn rows_of_equal_factors_are_repetitions() {
    let text = "config,vms,duration_s\na,1,7\nb,1,5\na,1,8\na,,9\na,1,7\n";
    let outcomes = table(text).outcomes;
    let ids: Vec<_> = outcomes.iter().map(|o| (o.id.as_str(), o.repetition)).collect();
    assert_eq!(ids, [("r#1", 1), ("r#2", 1), ("r#3", 2), ("r#4", 1), ("r#5", 3)]);
    assert_eq!(factors(&outcomes[3]), [("config", "a")], "an empty cell is no factor");
}

#[test]
fn a_mean_is_told_or_computed_and_what_is_not_known_is_none() {
    let text = "duration_s,mean_bytes_per_s,bytes,mtu,members,memory\n\
                2,3,100,,,\n2,,100,,,512MiB\n2,,,9000,2,12\n";
    let Table { outcomes, remarks } = table(text);
    let means: Vec<_> = outcomes.iter().map(|o| o.mean).collect();
    assert_eq!(means, [Some(24.0), Some(400.0), None]);
    let memory: Vec<_> = outcomes.iter().map(|o| o.memory).collect();
    assert_eq!(memory, [None, Some(536_870_912.0), None]);
    let links: Vec<_> = outcomes.iter().map(|o| (o.links, o.attainable)).collect();
    assert_eq!(links, [(None, None), (None, None), (Some(2), None)]);
    assert!(remarks.is_empty(), "without a speed the MTU does not matter: {remarks:?}");
}

#[test]
fn an_mtu_that_only_some_rows_lack_is_said() {
    let Table { outcomes, remarks } =
        table("duration_s,speed_bits_per_s,mtu\n1,1e10,9000\n1,1e10,\n1,,\n");
    assert_eq!(remarks, ["MTU is not given in 1 of 3 rows: 1500 is taken there"]);
    let attainable: Vec<_> = outcomes.iter().map(|o| o.attainable).collect();
    let expected = [Some(1e10 * 9014.0 / 9038.0), Some(1e10 * 1514.0 / 1538.0), None];
    assert_eq!(attainable, expected);
    assert_eq!(outcomes[0].links, Some(1));
}

#[test]
fn the_finest_duration_tells_the_resolution() {
    for (durations, resolution) in
        [(["7", "40"], 1.0), (["7", "40.0"], 0.1), (["7.25", "40"], 0.01), (["1e1", "15e-1"], 0.1)]
    {
        let outcomes = table(&format!("duration_s\n{}\n", durations.join("\n"))).outcomes;
        assert!(outcomes.iter().all(|o| o.resolution == resolution), "{durations:?}");
    }
}

#[test]
fn what_spreadsheets_do_to_a_file_is_no_harm() {
    let plain = table("config,duration_s\na,1\nb,2\n");
    for text in [
        "\u{feff}config,duration_s\r\na,1\r\nb,2\r\n",
        "config,duration_s\na,1\nb,2",
        "config,duration_s\ra,1\rb,2\r",
        "\n# a comment, \"with a quote\n config , duration_s \n\n a , 1 \n#\n\"b\",\"2\"\n,\n ,\n",
    ] {
        assert_eq!(table(text), plain, "{text:?}");
    }
    let odd = table("config,duration_s\n\"a, \"\"b\"\"\nc <i>\",1\n").outcomes;
    assert_eq!(factors(&odd[0]), [("config", "a, \"b\"\nc <i>")]);
}

#[test]
fn every_error_names_the_place_and_the_remedy() {
    for (text, said) in [
        (
            "",
            "r.csv: there is no header: the first line names the columns, `duration_s` among them",
        ),
        ("# only\n\n", "r.csv: there is no header"),
        (
            "# c\nconfig,vms\na,1\n",
            "r.csv, line 2: there is no column `duration_s`, how long each run took in seconds; add \
             it",
        ),
        ("config,Seconds\na,1\n", "; `Seconds` looks like it: if it is in seconds, rename it"),
        ("config,duration_s\n# none\n", "r.csv: there is no row below the header"),
        (
            "vms,duration_s,vms\n1,1,1\n",
            "r.csv, line 1, column 3 (`vms`): column 1 has this name, too; take one out",
        ),
        ("config,duration_s,\na,1,\n", "r.csv, line 1, column 3: the column has no name; name it"),
        ("Duration_S\n1\n", "line 1, column 1 (`Duration_S`): write the name of this column as `d"),
        (
            "duration_s,peak_bits_per_s\n1,2\n",
            "line 1, column 2 (`peak_bits_per_s`): this is known as `peak_bytes_per_s`, in bytes a \
             second; give it so",
        ),
        ("a,duration\n1,2\n", "column 2 (`duration`): this is known as `duration_s`, in seconds"),
        (
            "a,duration_s\nx,1,2\n",
            "r.csv, line 2: the row has 3 cells and the header 2; put a text with a comma into \
             quotation marks",
        ),
        ("a,duration_s\nx,7\ny\n", "r.csv, line 3: the row has 1 of 2 cells; leave"),
        (
            "# c\na;duration_s\nx;7,5\n",
            "line 2: the columns are parted by semicolons; part them by",
        ),
        ("a\tduration_s\nx\t7\n", "line 1: the columns are parted by tabs"),
        (
            "a,duration_s\nx,\"7,5\"\n",
            "line 2, column 2 (`duration_s`): `7,5` has a comma; write 7.5",
        ),
        ("a,duration_s\nx,ten\n", "`ten` is no number; write digits, as in 7.5"),
        ("duration_s\n10 s\n", "`10 s` has a unit; write the number alone, in the unit that the"),
        ("duration_s,bytes\n1,5GB\n", "line 2, column 2 (`bytes`): `5GB` has a unit"),
        ("duration_s,speed_bits_per_s\n1,10G\n", "(`speed_bits_per_s`): `10G` has a unit"),
        ("duration_s\ninf\n", "`inf` is not finite"),
        ("duration_s\nNaN\n", "`NaN` is not finite"),
        ("duration_s\n0\n", "`0` is not greater than 0; correct it, or take the row out"),
        ("duration_s\n-7\n", "`-7` is not greater than 0"),
        ("a,duration_s\nx,\n", "line 2, column 2 (`duration_s`): the cell is empty; fill in"),
        ("duration_s,members\n1,0\n", "`0` is no whole number of 1 or more"),
        ("duration_s,members\n1,1.5\n", "`1.5` is no whole number of 1 or more"),
        ("duration_s,mtu\n1,-1\n", "`-1` is no whole number of 1 or more"),
        ("duration_s,speed_bits_per_s\n1,0\n", "`0` is not greater than 0"),
        ("duration_s,bytes\n1,-1\n", "`-1` is less than 0"),
        ("duration_s,a\n1,x\0\n", "r.csv, line 2: there is a NUL byte"),
        (
            "a,duration_s\n\"x,1\ny,2\n",
            "line 2, column 1 (`a`): a quotation mark is opened and never",
        ),
        ("duration_s,a\n1,x\n2,\"y\n3,z\n", "line 3, column 2 (`a`): a quotation mark is opened"),
        ("\"duration_s,a\n1,x\n", "line 1, column 1 (`duration_s,a"),
    ] {
        let error = refused(text);
        assert!(error.starts_with("r.csv") && error.contains(said), "{text:?}: {error}");
    }
    assert!(refused(b"duration_s,a\n1,x\n1,\xe4\n").contains("line 3: this is not UTF-8; save"));
    assert!(refused(b"\xff\xfed\0u\0").contains("line 1: there is a NUL byte"));
}

#[test]
fn lines_are_those_of_the_file() {
    for text in [
        "a,duration_s\n\"1\n2\n3\",1\n\n# c\n\"4\n5\",x\n",
        "a,duration_s\r\n\"1\r\n2\r\n3\",1\r\n\r\n# c\r\n\"4\r\n5\",x\r\n",
        "a,duration_s\r\"1\r2\r3\",1\r\r# c\r\"4\r5\",x\r",
    ] {
        let error = refused(text);
        assert!(error.contains("line 8, column 2 (`duration_s`): `x`"), "{text:?}: {error}");
    }
}

#[test]
fn what_stands_in_a_file_never_steers_a_terminal_or_fills_it() {
    let error = read(b"duration_s\n\x1b[31mx\n", "a\x1b.csv", "a").expect_err("no number");
    assert_eq!(
        error.to_string(),
        "a\u{fffd}.csv, line 2, column 1 (`duration_s`): `\u{fffd}[31mx` is no number; write \
         digits, as in 7.5"
    );
    let error = refused(format!("{0},{0},duration_s\n", "x".repeat(100_000)));
    assert!(error.len() < 200, "{error}");
}

#[test]
fn a_hundred_thousand_rows_are_read() {
    let rows = (0..100_000).map(|i| format!("c{},{},{}.{}\n", i % 4, i % 100, i % 90 + 1, i % 10));
    let text = "config,vms,duration_s\n".to_owned() + &rows.collect::<String>();
    let outcomes = table(&text).outcomes;
    assert_eq!(outcomes.len(), 100_000);
    assert_eq!(outcomes[99_999].id, "r#100000");
    assert_eq!(outcomes[99_999].repetition, 1000);
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(text: Vec<u8>) {
        let _ = read(&text, "r.csv", "r");
    }

    #[test]
    fn no_table_is_a_panic(rows in r##"([-0-9.,;eE"#\r\n ab\u{e4}]{0,12}[,\n]){0,12}"##) {
        let text = format!("duration_s,bytes,speed_bits_per_s,members,mtu,a\n{rows}");
        let numbers_are_finite = |outcome: &Outcome| {
            [outcome.mean, outcome.peak, outcome.attainable].iter().flatten().all(|n| n.is_finite())
        };
        if let Ok(table) = read(text.as_bytes(), "r.csv", "r") {
            prop_assert!(table.outcomes.iter().all(numbers_are_finite));
        }
    }
}

#[test]
fn a_row_that_is_taken_for_a_comment_is_told() {
    let table = super::read(b"config,duration_s\n# said, and\n#1,5\n# more\n2,6\n", "r.csv", "r");
    let table = table.expect("a table");
    assert_eq!(table.outcomes.len(), 1);
    assert_eq!(table.remarks, ["2 rows begin with # and are taken for comments"]);
}
