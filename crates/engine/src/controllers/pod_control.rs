//! How controllers make and delete pods, and say so (`pkg/controller/controller_utils.go RealPodControl`).

use super::refs::{controller_ref, object_reference};
use crate::api_server::DeleteOptions;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use lifepod_api::{Object, ObjectKey, ObjectMeta, Pod, PodTemplateSpec, Refusal, Status};

/// The hands of one controller.
#[derive(Clone, Debug)]
pub(crate) struct PodControl {
    recorder: Recorder,
    by: &'static str,
}

impl PodControl {
    /// The hands of the controller that Events call `component`.
    pub(crate) fn new(component: &'static str) -> Self {
        PodControl { recorder: Recorder::new(component, ""), by: component }
    }

    /// Whether a call would be sent at once.
    pub(crate) fn is_free(&self, kernel: &Kernel) -> bool {
        kernel.flow_control.is_free(self.by, kernel.now)
    }

    /// Creates a pod that was made from a template before, and tells of it (`createPods`).
    ///
    /// # Errors
    /// The API server's refusal.
    pub(crate) fn create_pod(
        &mut self,
        kernel: &mut Kernel,
        pod: Pod,
        owner: &Object,
    ) -> Result<Arc<Object>, Refusal> {
        if pod.metadata.labels.is_empty() {
            return Err(Box::new(Status::bad_request("unable to create pods, no labels")));
        }
        let result = kernel.create(Object::Pod(pod), self.by);
        match &result {
            Ok(pod) => {
                let message = format!("Created pod: {}", pod.meta().name);
                self.event(kernel, owner, EventType::Normal, "SuccessfulCreate", &message);
            }
            // Where everything is being deleted a refusal is no news.
            Err(refusal) if is_namespace_terminating(refusal) => {}
            Err(refusal) => {
                let message = format!("Error creating: {}", refusal.message);
                self.event(kernel, owner, EventType::Warning, "FailedCreate", &message);
            }
        }
        result
    }

    /// Deletes a pod with its own grace, and tells of it (`DeletePod`).
    ///
    /// # Errors
    /// The API server's refusal: 404 when the pod is gone already, of which nothing is told.
    pub(crate) fn delete(
        &mut self,
        kernel: &mut Kernel,
        pod: &ObjectKey,
        owner: &Object,
    ) -> Result<(), Refusal> {
        match kernel.delete(pod, &DeleteOptions::default(), self.by) {
            Ok(()) => {
                let message = format!("Deleted pod: {}", pod.name);
                self.event(kernel, owner, EventType::Normal, "SuccessfulDelete", &message);
                Ok(())
            }
            Err(refusal) if is_not_found(&refusal) => Err(refusal),
            Err(refusal) => {
                let message = format!("Error deleting: {}", refusal.message);
                self.event(kernel, owner, EventType::Warning, "FailedDelete", &message);
                let message = format!("unable to delete pods: {}", refusal.message);
                Err(Box::new(Status { message, ..*refusal }))
            }
        }
    }

    /// Records an Event about `involved`.
    pub(crate) fn event(
        &mut self,
        kernel: &mut Kernel,
        involved: &Object,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        self.recorder.event(kernel, &object_reference(involved), kind, reason, message);
    }
}

/// A pod as the template has it, owned by `owner` and to be named after it (`GetPodFromTemplate`). Its namespace is the
/// owner's.
pub(crate) fn pod_from_template(template: &PodTemplateSpec, owner: &Object) -> Pod {
    Pod {
        metadata: ObjectMeta {
            generate_name: format!("{}-", owner.meta().name),
            namespace: owner.meta().namespace.clone(),
            labels: template.metadata.labels.clone(),
            annotations: template.metadata.annotations.clone(),
            finalizers: template.metadata.finalizers.clone(),
            owner_references: vec![controller_ref(owner)].into(),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..Pod::default()
    }
}

/// Whether the API server refused because there is no such object.
pub(crate) fn is_not_found(refusal: &Status) -> bool {
    refusal.reason == "NotFound"
}

/// Whether the API server refused because there is an object of that name.
pub(crate) fn is_already_exists(refusal: &Status) -> bool {
    refusal.reason == "AlreadyExists"
}

/// Whether the API server refused because the namespace is being deleted (`v1.NamespaceTerminatingCause`).
pub(crate) fn is_namespace_terminating(refusal: &Status) -> bool {
    let causes = refusal.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}
