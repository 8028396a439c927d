//! Rows as comma-separated values that a spreadsheet may open.

use std::fmt::{Display, Write as _};
use std::io::Write;

use csv::{ErrorKind, Writer};

use super::rows::COLUMNS;
use super::{ExportError, Row, Sheet};
use crate::model::is_formula;

/// Writes them.
pub struct Csv<W: Write> {
    out: Writer<W>,
    field: String,
}

impl<W: Write> Csv<W> {
    /// Writes the names of the columns.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn new(out: W) -> Result<Self, ExportError> {
        let mut out = Writer::from_writer(out);
        out.write_record(COLUMNS).map_err(refused)?;
        Ok(Self { out, field: String::new() })
    }

    fn text(&mut self, text: &str) -> Result<(), ExportError> {
        if is_formula(text) {
            self.field.clear();
            self.field.push('\'');
            self.field.push_str(text);
            self.out.write_field(&self.field).map_err(refused)
        } else {
            self.out.write_field(text).map_err(refused)
        }
    }

    fn number(&mut self, number: Option<impl Display>) -> Result<(), ExportError> {
        self.field.clear();
        if let Some(number) = number {
            let _ = write!(self.field, "{number}");
        }
        self.out.write_field(&self.field).map_err(refused)
    }
}

impl<W: Write> Sheet for Csv<W> {
    fn write(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
        self.out.write_field(row.time).map_err(refused)?;
        self.number(Some(row.at_s))?;
        self.text(row.host)?;
        self.text(row.interface)?;
        self.text(row.team.unwrap_or_default())?;
        for count in [row.rx_bytes, row.tx_bytes, row.rx_packets, row.tx_packets] {
            self.number(Some(count))?;
        }
        self.number(row.rx_bits_per_s)?;
        self.number(row.tx_bits_per_s)?;
        self.number(row.trial)?;
        self.out.write_record(None::<&[u8]>).map_err(refused)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.out.flush().map_err(ExportError::Write)
    }
}

fn refused(error: csv::Error) -> ExportError {
    ExportError::Write(match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::ROW;
    use super::*;

    fn written(rows: &[Row<'_>]) -> String {
        let mut out = Vec::new();
        let mut sheet = Box::new(Csv::new(&mut out).expect("written"));
        for row in rows {
            sheet.write(row).expect("written");
        }
        sheet.finish().expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_row_is_a_line_and_the_unknown_is_empty() {
        let unknown = Row { team: None, trial: None, tx_bits_per_s: None, ..ROW };
        assert_eq!(
            written(&[ROW, unknown]),
            "time,at_s,host,interface,team,rx_bytes,tx_bytes,rx_packets,tx_packets,\
             rx_bits_per_s,tx_bits_per_s,trial\n\
             2026-11-22T14:02:11.223456Z,0.100012345,hv07,eth0,bond0,1,2,3,4,80.5,160,7\n\
             2026-11-22T14:02:11.223456Z,0.100012345,hv07,eth0,,1,2,3,4,80.5,,\n"
        );
    }

    #[test]
    fn a_name_never_becomes_a_formula_or_a_field_more() {
        for (name, field) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("＝1", "'＝1"),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
            ("a,b", "\"a,b\""),
            ("a=1", "a=1"),
        ] {
            let text = written(&[Row { interface: name, ..ROW }]);
            let line = text.lines().nth(1).expect("a row");
            assert!(line.contains(&format!(",hv07,{field},bond0,")), "{line}");
        }
    }

    #[test]
    fn without_rows_there_are_still_the_names() {
        assert_eq!(written(&[]).lines().count(), 1);
    }
}
