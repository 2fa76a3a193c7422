//! Whole runs over small lakes, against counts made by hand or by brute force over the same rows.

mod adoption;
mod delivery;
mod delivery_walk;
mod identity;
mod kpi_oracle;
mod planning;
mod real;
mod release_report;
mod releases;
mod segment;
mod triage;
mod usage;
mod weekly;
