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
use crate::replay::data::{Gathered, count};

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
        let (mut records, mut customers, mut sources) = (Vec::new(), Vec::new(), Codes::default());
        each(dir, manifest, (&mut records, &mut sources), |customer| customers.push(customer))?;
        Ok(Self { records: records.into_iter().zip(customers).collect(), sources })
    }

    /// The same by customer, without having it all in memory twice; and the sources of the records.
    pub fn gathered(dir: &Path, manifest: &Manifest) -> Result<(Gathered, Codes), Error> {
        let (mut ids, mut records, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut sources = Codes::default();
        each(dir, manifest, (&mut records, &mut sources), |customer| count(customer, &mut ids, &mut ends))?;
        Ok(((ids, records, ends), sources))
    }
}

/// Reads records and their sources, and tells the customer of each.
fn each(
    dir: &Path,
    manifest: &Manifest,
    (records, sources): (&mut Vec<RecordId>, &mut Codes),
    mut customer: impl FnMut(CustomerId),
) -> Result<(), Error> {
    for file in manifest.files(Role::Crosswalk) {
        let bytes = super::read::checked(dir, file)?;
        let before = records.len();
        decode(bytes, records, sources, &mut customer).map_err(|what| Error::damaged(&file.name, what))?;
        if (records.len() - before) as u64 != file.rows {
            return Err(Error::damaged(&file.name, "another number of rows"));
        }
    }
    Ok(())
}

fn decode(
    bytes: Vec<u8>,
    records: &mut Vec<RecordId>,
    sources: &mut Codes,
    customer: &mut impl FnMut(CustomerId),
) -> Result<(), Fault> {
    let file = Arc::new(Bytes::from(bytes));
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&*file).map_err(fault)?;
    for group in metadata.row_groups() {
        let column = |name| Pages::open(&file, group, name)?.ok_or_else(|| format!("there is no column {name}"));
        let first = records.len();
        let mut pages = column(RECORD)?;
        while let Some(page) = pages.next()? {
            let ids = page.sixteens()?;
            if records.len() == first {
                // The file is not larger than the manifest says, and no record takes less room in it.
                records.reserve_exact(usize::try_from(group.num_rows()).unwrap_or_default().min(file.len()));
            }
            records.extend(ids.iter().map(|id| RecordId(Uuid::from_bytes(*id))));
        }
        let (mut pages, mut customers) = (column(CUSTOMER)?, 0);
        while let Some(page) = pages.next()? {
            let ids = page.sixteens()?;
            customers += ids.len();
            ids.iter().for_each(|id| customer(CustomerId(Uuid::from_bytes(*id))));
        }
        if records.len() - first != customers {
            return Err("more records than customers".to_owned());
        }
        let names = Mutex::new(std::mem::take(sources));
        let mut own = vec![0; customers];
        codes(column(SOURCE)?, &names, &mut own)?;
        *sources = names.into_inner().map_err(fault)?;
        sources.codes.extend(own);
    }
    Ok(())
}
