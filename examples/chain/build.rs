//! Generates the service of the rates. With `protoc` at hand one would compile a `.proto` file instead.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let of = Method::builder()
        .name("of")
        .route_name("Of")
        .input_type("crate::rates::Currency")
        .output_type("crate::rates::Rate")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let rates = Service::builder()
        .package("chain")
        .name("Rates")
        .method(of)
        .build();
    Builder::new().compile(&[rates]);
}
