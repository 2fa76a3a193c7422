//! Whole runs over small lakes, against counts made by hand or by brute force over the same rows.

mod planning;
mod real;
mod releases;
mod weekly;
