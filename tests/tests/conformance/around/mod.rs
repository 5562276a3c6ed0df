//! What people have around their handlers already: middleware of tower and tower-http inside and outside of the layer,
//! through an axum router and around a bare service on hyper, and that of actix-web through its applications.
//!
//! Each row is a middleware in one position and what is recorded of a request then; docs/middleware.md says the same in
//! words.

mod classifiers;
mod files;
pub(crate) mod framework;
mod heads;
mod limits;
mod lines;
mod panics;
mod sizes;
mod timeouts;
mod wrapped;

macro_rules! rows {
    (
        tower { $($module:ident: [$($row:ident,)*],)* }
        actix { $($wrapped:ident: [$($actix:ident,)*],)* }
    ) => {
        mod axum {
            $($(
                #[test]
                fn $row() {
                    super::$module::$row(super::framework::Framework::Axum);
                }
            )*)*
        }

        mod tower {
            $($(
                #[test]
                fn $row() {
                    super::$module::$row(super::framework::Framework::Tower);
                }
            )*)*
        }

        mod actix {
            $($(
                #[test]
                fn $actix() {
                    super::wrapped::$wrapped::$actix();
                }
            )*)*
        }
    };
}

rows! {
    tower {
        classifiers: [
            a_classifier_can_make_a_client_error_a_failure,
            a_classifier_can_make_a_server_error_none,
            a_classifier_leaves_panics_and_cancellations,
            a_classifier_judges_what_other_middleware_answers,
        ],
        sizes: [
            compression_inside_counts_what_is_sent,
            compression_outside_counts_what_the_handler_wrote,
            compression_inside_leaves_a_panic_in_the_body_one,
            compression_outside_leaves_a_panic_in_the_body_one,
            request_decompression_inside_counts_what_came,
            request_decompression_outside_counts_what_the_handler_read,
            request_decompression_inside_refuses_an_encoding,
            request_decompression_outside_refuses_unseen,
            decompression_inside_counts_what_is_sent,
            decompression_outside_counts_what_it_was_given,
        ],
        heads: [
            cors_inside_shows_preflights,
            cors_outside_answers_preflights_unseen,
            cors_inside_leaves_other_requests_alone,
            cors_outside_leaves_other_requests_alone,
            request_ids_made_inside_are_taken_over,
            request_ids_made_outside_are_taken_over,
            request_ids_that_came_are_kept_inside,
            request_ids_that_came_are_kept_outside,
            request_ids_that_are_bad_are_replaced_inside,
            request_ids_that_are_bad_are_replaced_outside,
            trace_inside_changes_nothing,
            trace_outside_changes_nothing,
        ],
        timeouts: [
            http_timeout_inside_is_its_status,
            http_timeout_outside_is_a_cancellation,
            tower_timeout_inside_is_an_error,
            tower_timeout_inside_can_be_marked,
            tower_timeout_outside_is_a_cancellation,
        ],
        panics: [
            catch_panic_inside_is_a_panic_with_its_own_answer,
            catch_panic_outside_finds_nothing_to_catch,
            catch_panic_inside_catches_none_in_the_body,
            catch_panic_outside_catches_none_in_the_body,
            buffer_inside_leaves_a_panic_to_the_layer,
            buffer_outside_leaves_a_panic_to_the_layer,
            buffer_outside_survives_a_panic_before_the_future,
        ],
        limits: [
            buffer_inside_changes_nothing,
            buffer_outside_changes_nothing,
            buffer_inside_leaves_a_cancellation_one,
            buffer_outside_leaves_a_cancellation_one,
            concurrency_limit_inside_is_waited_for,
            concurrency_limit_outside_is_waited_for_unseen,
            load_shed_inside_is_an_error,
            load_shed_outside_is_unseen,
        ],
        files: [
            a_file_is_a_success,
            a_large_file_is_counted_to_its_end,
            a_file_that_is_not_there_is_a_404,
            the_head_of_a_file_has_no_body,
            a_part_of_a_file_is_a_206,
            a_file_that_did_not_change_is_a_304,
            a_client_gone_in_a_file_is_a_cancellation,
            files_outside_are_unseen,
        ],
    }
    actix {
        compress: [
            compress_inside_counts_what_is_sent,
            compress_outside_counts_what_the_handler_wrote,
            compress_inside_leaves_a_panic_in_the_body_one,
            compress_outside_leaves_a_panic_in_the_body_one,
            compress_inside_leaves_what_is_not_packed_alone,
            compress_outside_leaves_what_is_not_packed_alone,
        ],
        error_handlers: [
            error_handlers_inside_count_as_they_answer,
            error_handlers_outside_leave_the_answer_of_the_handler,
            error_handlers_inside_leave_other_requests_alone,
            error_handlers_outside_leave_other_requests_alone,
        ],
        logger: [
            logger_inside_changes_nothing,
            logger_outside_changes_nothing,
        ],
        normalize_path: [
            normalize_path_inside_has_the_route,
            normalize_path_outside_has_the_route,
            normalize_path_inside_loses_the_route_of_what_has_no_answer,
            normalize_path_outside_has_the_route_of_what_has_no_answer,
            normalize_path_inside_leaves_other_requests_alone,
            normalize_path_outside_leaves_other_requests_alone,
        ],
    }
}
