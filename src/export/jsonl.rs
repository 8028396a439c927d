//! Rows as JSON Lines.

use std::io::{BufWriter, Write};

use super::{ExportError, Row, Sheet};

/// Writes them.
pub struct JsonLines<W: Write>(BufWriter<W>);

impl<W: Write> JsonLines<W> {
    /// A sheet without rows is empty.
    pub fn new(out: W) -> Self {
        Self(BufWriter::new(out))
    }
}

impl<W: Write> Sheet for JsonLines<W> {
    fn write(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
        serde_json::to_writer(&mut self.0, row).map_err(|e| ExportError::Write(e.into()))?;
        self.0.write_all(b"\n").map_err(ExportError::Write)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.0.flush().map_err(ExportError::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::ROW;
    use super::*;

    #[test]
    fn a_row_is_an_object_with_the_columns_names_and_the_unknown_is_null() {
        let mut out = Vec::new();
        let mut sheet = Box::new(JsonLines::new(&mut out));
        sheet.write(&Row { trial: None, interface: "\"\n", ..ROW }).expect("written");
        sheet.finish().expect("written");
        let expected = concat!(
            r#"{"time":"2026-11-22T14:02:11.223456Z","at_s":0.100012345,"host":"hv07","#,
            r#""interface":"\"\n","team":"bond0","rx_bytes":1,"tx_bytes":2,"rx_packets":3,"#,
            r#""tx_packets":4,"rx_bits_per_s":80.5,"tx_bits_per_s":160.0,"trial":null}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }
}
