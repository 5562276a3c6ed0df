//! Access and application logs of a service under load, in Elasticsearch by every way.

mod bulk;
mod lines;
mod load;
mod logging_demo;
mod rsyslog;
mod shop;
