//! Kubernetes Event objects.

use super::meta::{ObjectMeta, ObjectReference};
use crate::object;
use crate::{MicroTime, Time};
use alloc::boxed::Box;
use alloc::string::String;

object! {
    v1 ApiEvent ("Event") {
        metadata: ObjectMeta = "metadata" always,
        involved_object: ObjectReference = "involvedObject" always,
        reason: String = "reason",
        message: String = "message",
        source: EventSource = "source",
        first_timestamp: Option<Time> = "firstTimestamp" always,
        last_timestamp: Option<Time> = "lastTimestamp" always,
        count: i32 = "count",
        type_: String = "type",
        event_time: Option<MicroTime> = "eventTime" always,
        series: Option<EventSeries> = "series",
        action: String = "action",
        related: Option<Box<ObjectReference>> = "related",
        reporting_component: String = "reportingComponent" always,
        reporting_instance: String = "reportingInstance" always,
    }

    v1 EventSource {
        component: String = "component",
        host: String = "host",
    }

    v1 EventSeries {
        count: i32 = "count",
        last_observed_time: Option<MicroTime> = "lastObservedTime" always,
    }
}
