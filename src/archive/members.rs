//! The crosswalk as a file.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::facts::Codes;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use uuid::Uuid;

use super::manifest::{File, Manifest, Role};
use super::pages::{Fault, Pages, fault};
use super::plan::codes;
use super::segment::put;
use super::{Error, files};

const RECORD: &str = "record_id";
const CUSTOMER: &str = "customer_id";
const SOURCE: &str = "source";

/// Which record belongs to which customer at the archive's position, and which source it is of.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// By customer, and within it by first position.
    pub records: Vec<(RecordId, CustomerId)>,
    /// For each of them its source.
    pub sources: Codes,
}

impl Members {
    /// Writes the file under a name that it does not have for long.
    pub fn write(&self, dir: &Path, position: u64) -> Result<File, Error> {
        let bytes = self.encode()?;
        let name = format!("crosswalk-{position:012}.parquet");
        files::write(&dir.join(format!("{name}{}", files::NEW)), &bytes)?;
        let (rows, length) = (self.records.len() as u64, bytes.len() as u64);
        let sha256 = files::sha256(&bytes);
        Ok(File { name, role: Role::Crosswalk, rows, bytes: length, sha256, records: None, index: None })
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let id = |name| {
            let id = Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY).with_length(16);
            let id = id.with_repetition(Repetition::REQUIRED).with_logical_type(Some(LogicalType::Uuid));
            id.build().map(Arc::new)
        };
        let source = Type::primitive_type_builder(SOURCE, Physical::BYTE_ARRAY).with_repetition(Repetition::REQUIRED);
        let source = Arc::new(source.with_logical_type(Some(LogicalType::String)).build()?);
        let fields = vec![id(RECORD)?, id(CUSTOMER)?, source];
        let schema = Arc::new(Type::group_type_builder("crosswalk").with_fields(fields).build()?);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_dictionary_page_size_limit(usize::MAX)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true);
        for name in [RECORD, CUSTOMER] {
            let path = ColumnPath::new(vec![name.to_owned()]);
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
            properties = properties.set_column_encoding(path, Encoding::PLAIN);
        }
        let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
        let mut group = file.next_row_group()?;
        let bytes = |id: Uuid| FixedLenByteArray::from(id.as_bytes().to_vec());
        let records: Vec<_> = self.records.iter().map(|(record, _)| bytes(record.0)).collect();
        put::<FixedLenByteArrayType>(&mut group, &records, None)?;
        let customers: Vec<_> = self.records.iter().map(|(_, customer)| bytes(customer.0)).collect();
        put::<FixedLenByteArrayType>(&mut group, &customers, None)?;
        let names: Vec<ByteArray> = self.sources.names.iter().map(|name| ByteArray::from(&**name)).collect();
        let sources = self.sources.codes.iter().map(|code| names[usize::from(*code)].clone());
        put::<ByteArrayType>(&mut group, &sources.collect::<Vec<_>>(), None)?;
        group.close()?;
        Ok(file.into_inner()?)
    }

    /// Reads the file of an archive.
    pub fn read(dir: &Path, manifest: &Manifest) -> Result<Self, Error> {
        let mut members = Self::default();
        for file in manifest.files(Role::Crosswalk) {
            let bytes = super::read::checked(dir, file)?;
            members.decode(bytes).map_err(|what| Error::damaged(&file.name, what))?;
            if members.records.len() as u64 != file.rows {
                return Err(Error::damaged(&file.name, "another number of rows"));
            }
        }
        Ok(members)
    }

    fn decode(&mut self, bytes: Vec<u8>) -> Result<(), Fault> {
        let file = Arc::new(Bytes::from(bytes));
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&*file).map_err(fault)?;
        for group in metadata.row_groups() {
            let column = |name| Pages::open(&file, group, name)?.ok_or_else(|| format!("there is no column {name}"));
            let (mut records, mut customers) = (Vec::new(), Vec::new());
            let mut pages = column(RECORD)?;
            while let Some(page) = pages.next()? {
                records.extend_from_slice(page.sixteens()?);
            }
            let mut pages = column(CUSTOMER)?;
            while let Some(page) = pages.next()? {
                customers.extend_from_slice(page.sixteens()?);
            }
            if records.len() != customers.len() {
                return Err("more records than customers".to_owned());
            }
            let names = Mutex::new(std::mem::take(&mut self.sources));
            let mut sources = vec![0; records.len()];
            codes(column(SOURCE)?, &names, &mut sources)?;
            self.sources = names.into_inner().map_err(fault)?;
            self.sources.codes.extend(sources);
            let ids = |(record, customer)| (RecordId(Uuid::from_bytes(record)), CustomerId(Uuid::from_bytes(customer)));
            self.records.extend(records.into_iter().zip(customers).map(ids));
        }
        Ok(())
    }
}
