//! Events and transactions.

use std::borrow::Cow;

use sentry_core::{
    Breadcrumb, User,
    protocol::{
        Context, Event, Exception, Frame, LogEntry, Map, Span, Stacktrace, TemplateInfo,
        Transaction,
    },
};

use super::Scrubber;
use crate::event::ROUTE;

impl Scrubber {
    pub(super) fn event(&self, event: &mut Event<'static>) {
        // As the schema has it: the other is what older clients send.
        if let Some(message) = event.message.take() {
            event.logentry.get_or_insert_with(|| LogEntry {
                message,
                params: Vec::new(),
            });
        }
        for text in [
            &mut event.culprit,
            &mut event.transaction,
            &mut event.logger,
        ] {
            self.optional(text);
        }
        if let Some(entry) = &mut event.logentry {
            self.text(&mut entry.message);
            entry.params.iter_mut().for_each(|value| self.value(value));
        }
        self.fingerprint(&mut event.fingerprint);
        for exception in &mut event.exception.values {
            self.exception(exception);
        }
        self.stack(&mut event.stacktrace);
        for thread in &mut event.threads.values {
            self.optional(&mut thread.name);
            self.stack(&mut thread.stacktrace);
            self.stack(&mut thread.raw_stacktrace);
        }
        if let Some(template) = &mut event.template {
            self.template(template);
        }
        for crumb in &mut event.breadcrumbs.values {
            self.breadcrumb(crumb);
        }
        self.values(&mut event.extra);
        self.user(&mut event.user);
        self.contexts(&mut event.contexts);
        if let Some(request) = &mut event.request {
            self.request(request, event.tags.get(ROUTE));
        }
        self.tags(&mut event.tags);
    }

    pub(super) fn transaction(&self, transaction: &mut Transaction<'static>) {
        self.optional(&mut transaction.name);
        self.values(&mut transaction.extra);
        for span in &mut transaction.spans {
            self.span(span);
        }
        self.user(&mut transaction.user);
        self.contexts(&mut transaction.contexts);
        if let Some(request) = &mut transaction.request {
            self.request(request, transaction.tags.get(ROUTE));
        }
        self.tags(&mut transaction.tags);
    }

    fn span(&self, span: &mut Span) {
        self.optional(&mut span.description);
        self.tags(&mut span.tags);
        self.values(&mut span.data);
    }

    fn fingerprint(&self, parts: &mut Cow<'static, [Cow<'static, str>]>) {
        for part in parts.to_mut() {
            self.text(part.to_mut());
        }
    }

    fn exception(&self, exception: &mut Exception) {
        self.text(&mut exception.ty);
        self.optional(&mut exception.value);
        self.optional(&mut exception.module);
        self.stack(&mut exception.stacktrace);
        self.stack(&mut exception.raw_stacktrace);
        if let Some(mechanism) = &mut exception.mechanism {
            self.optional(&mut mechanism.description);
            self.values(&mut mechanism.data);
        }
    }

    fn stack(&self, stack: &mut Option<Stacktrace>) {
        for frame in stack.iter_mut().flat_map(|stack| &mut stack.frames) {
            self.frame(frame);
        }
    }

    fn frame(&self, frame: &mut Frame) {
        self.values(&mut frame.vars);
        self.optional(&mut frame.context_line);
        for line in frame.pre_context.iter_mut().chain(&mut frame.post_context) {
            self.text(line);
        }
    }

    fn template(&self, template: &mut TemplateInfo) {
        self.optional(&mut template.context_line);
        let lines = template.pre_context.iter_mut();
        for line in lines.chain(&mut template.post_context) {
            self.text(line);
        }
    }

    fn breadcrumb(&self, crumb: &mut Breadcrumb) {
        self.optional(&mut crumb.category);
        self.optional(&mut crumb.message);
        self.values(&mut crumb.data);
    }

    /// Of a user a hash of the id is told, unless what is personal may be sent.
    fn user(&self, user: &mut Option<User>) {
        let Some(user) = user else {
            return;
        };
        if !self.send_pii {
            let id = user.id.take();
            *user = User {
                id: id.map(|id| self.users.hash(&id)),
                ..User::default()
            };
            return;
        }
        for text in [&mut user.id, &mut user.email, &mut user.username] {
            self.optional(text);
        }
        self.values(&mut user.other);
    }

    fn contexts(&self, contexts: &mut Map<String, Context>) {
        for context in contexts.values_mut() {
            match context {
                Context::Device(device) => self.values(&mut device.other),
                Context::Os(system) => self.values(&mut system.other),
                Context::Runtime(runtime) => self.values(&mut runtime.other),
                Context::App(app) => self.values(&mut app.other),
                Context::Browser(browser) => self.values(&mut browser.other),
                Context::Gpu(gpu) => self.values(&mut gpu.other),
                Context::Trace(trace) => {
                    self.optional(&mut trace.description);
                    self.values(&mut trace.data);
                }
                Context::Otel(otel) => {
                    for values in [&mut otel.attributes, &mut otel.resource, &mut otel.other] {
                        self.values(values);
                    }
                }
                Context::Response(response) => self.response(response),
                Context::Other(values) => self.values(values),
                _ => {}
            }
        }
    }
}
