use std::cell::Cell;

use super::LONGEST_LINE;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's buffer, which is empty, to `f`. Who logs while it is lent gets another one.
pub(crate) fn with_buffer<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = f(&mut buffer);
    if buffer.capacity() <= 2 * LONGEST_LINE {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_uses_one_buffer_again_and_two_where_one_is_lent() {
        let address = with_buffer(|buffer| {
            buffer.extend_from_slice(b"left over");
            with_buffer(|other| assert_eq!(*other, b""));
            buffer.as_ptr()
        });
        // The inner one took the place of none; the outer one is the last that was given back.
        with_buffer(|buffer| {
            assert_eq!(*buffer, b"");
            buffer.push(b'x');
            assert_eq!(buffer.as_ptr(), address);
        });
    }
}
