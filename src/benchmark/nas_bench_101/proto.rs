//! The protocol buffer of a record: the parts of `nasbench/lib/model_metrics.proto` in the benchmark's
//! code that are needed here.

/// `ModelMetrics`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModelMetrics {
    /// Before training, halfway, and last at the end.
    #[prost(message, repeated, tag = "1")]
    pub evaluation_data: Vec<EvaluationData>,
    #[prost(int32, optional, tag = "2")]
    pub trainable_parameters: Option<i32>,
}

/// `EvaluationData`: seconds, and accuracies as fractions.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EvaluationData {
    #[prost(double, optional, tag = "2")]
    pub training_time: Option<f64>,
    #[prost(double, optional, tag = "3")]
    pub train_accuracy: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub validation_accuracy: Option<f64>,
    #[prost(double, optional, tag = "5")]
    pub test_accuracy: Option<f64>,
}
