//! Reading what a backend answers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use tokio::time::timeout;

/// Of the body of an answer so many bytes are read, unless a client is told otherwise.
pub const LARGEST_ANSWER: usize = 64 << 10;
/// It may take so long to come.
const PATIENCE: Duration = Duration::from_secs(2);

/// The answer with the first `limit` bytes of its body, as far as they come in time.
pub(crate) async fn read<B>(answer: Response<B>, limit: usize) -> Response<Bytes>
where
    B: BodyExt<Data = Bytes> + Unpin,
{
    let (head, body) = answer.into_parts();
    Response::from_parts(head, beginning(body, limit).await)
}

async fn beginning<B>(mut body: B, limit: usize) -> Bytes
where
    B: BodyExt<Data = Bytes> + Unpin,
{
    let mut read = BytesMut::new();
    let reading = async {
        while read.len() < limit
            && let Some(Ok(frame)) = body.frame().await
        {
            let data = frame.into_data().unwrap_or_default();
            let room = limit - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
        }
    };
    // What came until then is given.
    let _ = timeout(PATIENCE, reading).await;
    read.freeze()
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, iter};

    use http_body_util::StreamBody;

    use super::*;

    const FRAME: usize = 1_000;
    const NEEDED: usize = LARGEST_ANSWER.div_ceil(FRAME);

    #[test]
    fn a_body_is_read_up_to_its_limit() {
        let mut polls = 0;
        let frames = iter::repeat_with(|| {
            polls += 1;
            assert!(polls <= NEEDED, "it is read beyond the limit");
            let data = Bytes::from_static(&[b'x'; FRAME]);
            Ok::<_, Infallible>(http_body::Frame::data(data))
        });
        let endless = StreamBody::new(futures_util::stream::iter(frames));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let read = runtime.block_on(beginning(endless, LARGEST_ANSWER));
        assert_eq!((read.len(), polls), (LARGEST_ANSWER, NEEDED));
    }
}
