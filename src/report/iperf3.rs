//! stub
use serde::Serialize;
/// c
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capacity {
    /// f
    pub file: String,
    /// b
    pub bits_per_s: f64,
}
