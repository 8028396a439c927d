//! Rows as a Parquet file, column by column, without Arrow.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::{ExportError, Row, Sheet};

/// So many rows are held and written together.
const GROUP: usize = 64 << 10;

/// The columns, in the order in which [`Columns::write`] gives them.
const SCHEMA: &str = "message migtop {
    REQUIRED INT64 time (TIMESTAMP(MICROS, true));
    REQUIRED DOUBLE at_s;
    REQUIRED BYTE_ARRAY host (STRING);
    REQUIRED BYTE_ARRAY interface (STRING);
    OPTIONAL BYTE_ARRAY team (STRING);
    REQUIRED INT64 rx_bytes;
    REQUIRED INT64 tx_bytes;
    REQUIRED INT64 rx_packets;
    REQUIRED INT64 tx_packets;
    OPTIONAL DOUBLE rx_bits_per_s;
    OPTIONAL DOUBLE tx_bits_per_s;
    OPTIONAL INT64 trial;
}";

/// Writes them.
pub struct Parquet<W: Write + Send> {
    out: SerializedFileWriter<W>,
    columns: Columns,
}

impl<W: Write + Send> Parquet<W> {
    /// Writes the file's beginning.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(out: W) -> Result<Self, ExportError> {
        let open = || {
            let schema = Arc::new(parse_message_type(SCHEMA)?);
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_created_by(concat!("migtop ", env!("CARGO_PKG_VERSION")).to_owned())
                .build();
            SerializedFileWriter::new(out, schema, Arc::new(properties))
        };
        Ok(Self { out: open().map_err(refused)?, columns: Columns::default() })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.out.next_row_group()?;
        self.columns.write(&mut group)?;
        group.close()?;
        self.columns.clear();
        Ok(())
    }
}

impl<W: Write + Send> Sheet for Parquet<W> {
    fn write(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
        self.columns.push(row).map_err(refused)?;
        if self.columns.time.len() == GROUP { self.write_group().map_err(refused) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        if !self.columns.time.is_empty() {
            self.write_group().map_err(refused)?;
        }
        self.out.close().map(drop).map_err(refused)
    }
}

/// A column in which a value may be missing.
#[derive(Default)]
struct Optional<T> {
    values: Vec<T>,
    /// 1 where there is one, 0 where not.
    levels: Vec<i16>,
}

impl<T> Optional<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.levels.clear();
    }
}

/// The rows of a group.
#[derive(Default)]
struct Columns {
    time: Vec<i64>,
    at_s: Vec<f64>,
    host: Vec<ByteArray>,
    interface: Vec<ByteArray>,
    team: Optional<ByteArray>,
    counts: [Vec<i64>; 4],
    rates: [Optional<f64>; 2],
    trial: Optional<i64>,
    /// Every name of the group, held once.
    names: HashMap<String, ByteArray>,
}

impl Columns {
    fn push(&mut self, row: &Row<'_>) -> Result<(), ParquetError> {
        let counts = [row.rx_bytes, row.tx_bytes, row.rx_packets, row.tx_packets];
        for (column, count) in self.counts.iter_mut().zip(counts) {
            column.push(i64::try_from(count)?);
        }
        self.time.push(row.time_us);
        self.at_s.push(row.at_s);
        let host = self.name(row.host);
        self.host.push(host);
        let interface = self.name(row.interface);
        self.interface.push(interface);
        let team = row.team.map(|team| self.name(team));
        self.team.push(team);
        self.rates[0].push(row.rx_bits_per_s);
        self.rates[1].push(row.tx_bits_per_s);
        self.trial.push(row.trial.map(i64::from));
        Ok(())
    }

    fn name(&mut self, name: &str) -> ByteArray {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let new = ByteArray::from(name);
        self.names.insert(name.to_owned(), new.clone());
        new
    }

    fn write<W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        put::<Int64Type, W>(group, &self.time, None)?;
        put::<DoubleType, W>(group, &self.at_s, None)?;
        put::<ByteArrayType, W>(group, &self.host, None)?;
        put::<ByteArrayType, W>(group, &self.interface, None)?;
        put::<ByteArrayType, W>(group, &self.team.values, Some(&self.team.levels))?;
        for count in &self.counts {
            put::<Int64Type, W>(group, count, None)?;
        }
        for rate in &self.rates {
            put::<DoubleType, W>(group, &rate.values, Some(&rate.levels))?;
        }
        put::<Int64Type, W>(group, &self.trial.values, Some(&self.trial.levels))
    }

    /// Forgets the rows and keeps their room.
    fn clear(&mut self) {
        self.time.clear();
        self.at_s.clear();
        self.host.clear();
        self.interface.clear();
        self.team.clear();
        self.counts.iter_mut().for_each(Vec::clear);
        self.rates.iter_mut().for_each(Optional::clear);
        self.trial.clear();
        self.names.clear();
    }
}

/// Writes the group's next column.
fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column =
        group.next_column()?.ok_or_else(|| ParquetError::General("a column too many".into()))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// What the system said stays what it is: a reader that has gone is no failure.
fn refused(error: ParquetError) -> ExportError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => ExportError::Write(*cause),
            Err(cause) => ExportError::Parquet(ParquetError::External(cause)),
        },
        error => ExportError::Parquet(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::super::rows::{COLUMNS, tests::ROW};
    use super::*;

    fn written(rows: usize) -> SerializedFileReader<File> {
        let mut out = tempfile::tempfile().expect("a file");
        let mut sheet = Box::new(Parquet::new(&mut out).expect("begun"));
        for n in 0..rows {
            let trial = (n % 2 == 0).then_some(7);
            sheet.write(&Row { rx_bytes: n as u64, trial, ..ROW }).expect("written");
        }
        sheet.finish().expect("written");
        SerializedFileReader::new(out).expect("a parquet file")
    }

    #[test]
    fn groups_are_bounded_and_every_row_comes_back() {
        let file = written(GROUP + 3);
        let groups = file.metadata().row_groups().iter().map(RowGroupMetaData::num_rows);
        assert_eq!(groups.collect::<Vec<_>>(), [GROUP as i64, 3]);
        let mut expected = 0;
        for row in file.get_row_iter(None).expect("rows") {
            let row = row.expect("a row");
            assert_eq!(row.get_long(5).expect("bytes"), expected);
            assert_eq!(row.get_long(11).is_ok(), expected % 2 == 0, "a null is no number");
            expected += 1;
        }
        assert_eq!(expected, GROUP as i64 + 3);
    }

    #[test]
    fn the_columns_have_the_same_names_and_no_row_is_a_file_too() {
        let file = written(0);
        let columns = file.metadata().file_metadata().schema_descr().columns().to_vec();
        assert!(columns.iter().map(|c| c.name()).eq(COLUMNS));
        assert_eq!(file.metadata().file_metadata().num_rows(), 0);
    }

    #[test]
    fn more_than_a_column_can_hold_is_no_smaller_number() {
        let mut out = Vec::new();
        let mut sheet = Parquet::new(&mut out).expect("begun");
        assert!(sheet.write(&Row { rx_bytes: u64::MAX, ..ROW }).is_err());
    }

    #[test]
    fn a_reader_that_has_gone_is_told_apart() {
        let gone = ParquetError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        let ExportError::Write(error) = refused(gone) else { panic!("not told apart") };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
