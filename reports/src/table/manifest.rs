//! The manifest: what lies in the folder, with sizes, hashes and the form of each table.
//!
//! It carries no time of its own: the moment that the run speaks for is in the findings, so a rerun
//! gives the same bytes.

use analysis::findings::Scope;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Column, SCHEMA_VERSION, Written};
use crate::Reproduce;
use crate::bundle::File;
use crate::error::Result;
use crate::wording::size;

/// Describes the tables and the other files of a report; `name` is the file's own.
pub(crate) fn manifest(
    name: &str,
    scope: &Scope,
    reproduce: &Reproduce,
    tables: &[Written],
    others: &[File],
) -> Result<File> {
    let versions: Map<String, Value> = scope
        .table_versions
        .iter()
        .map(|(table, version)| (table.clone(), json!(version)))
        .collect();
    let described = json!({
        "schema": "shipwake.manifest.v1",
        "schema_version": SCHEMA_VERSION,
        "generator": { "name": "shipwake", "version": reproduce.version },
        "command": reproduce.command,
        "app": scope.app,
        "environment": scope.environment,
        "segment": scope.segment,
        "zone": scope.zone,
        "from": scope.from,
        "to": scope.to,
        "iso_week": scope.iso_week,
        "as_of": scope.as_of,
        "data_through": scope.data_through,
        "table_versions": versions,
        "csv": {
            "encoding": "utf-8", "bom": false, "delimiter": ",", "lineTerminator": "\r\n",
            "quoteChar": "\"", "doubleQuote": true, "header": true,
            "formula_guard": true, "formula_guard_prefix": "'",
        },
        "guarded_cells": tables.iter().map(|table| table.guarded_cells).sum::<u64>(),
        "resources": tables.iter().map(resource).collect::<Vec<_>>(),
        "pages": others.iter().map(described_file).collect::<Vec<_>>(),
    });
    let mut bytes = serde_json::to_vec_pretty(&described)?;
    bytes.push(b'\n');
    Ok(File {
        name: name.to_owned(),
        bytes,
    })
}

fn resource(table: &Written) -> Value {
    let fields: Vec<Value> = table.columns.iter().map(field).collect();
    json!({
        "name": table.layout.file,
        "path": table.file.name,
        "grain": table.layout.grain,
        "rows": size(&table.rows),
        "bytes": size(&table.file.bytes),
        "sha256": sha256(&table.file.bytes),
        "guarded_cells": table.guarded_cells,
        "schema": { "fields": fields, "primaryKey": table.layout.key, "missingValues": [""] },
    })
}

fn field(column: &Column) -> Value {
    json!({
        "name": column.name,
        "type": column.kind.as_str(),
        "unit": column.unit,
        "description": column.meaning,
        "constraints": { "required": !column.nullable },
    })
}

fn described_file(file: &File) -> Value {
    json!({ "path": file.name, "bytes": size(&file.bytes), "sha256": sha256(&file.bytes) })
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
