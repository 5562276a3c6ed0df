use serde_json::{Value, json};

use super::Diagnosis;

/// `{"diagnoses":[{"code":"sampling_off","severity":"warning","what":"...","fix":"..."}]}`.
pub(super) fn document(diagnoses: &[Diagnosis]) -> String {
    let diagnoses: Vec<Value> = diagnoses.iter().map(object).collect();
    json!({ "diagnoses": diagnoses }).to_string()
}

fn object(diagnosis: &Diagnosis) -> Value {
    json!({
        "code": diagnosis.code.as_str(),
        "severity": diagnosis.severity.as_str(),
        "what": diagnosis.what,
        "fix": diagnosis.fix,
    })
}
