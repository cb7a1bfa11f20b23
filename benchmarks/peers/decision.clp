; The decision in CLIPS. A route that is out of the running is a fact, with the axis that put it out; salience
; orders the axes. What fired, and what the gates eliminated, is kept in two globals as it happens.

(deftemplate scenario
  (slot residency) (slot indemnity_required) (slot train_on_outputs) (slot quality) (slot control) (slot latency)
  (slot open_rent_low) (slot open_rent_high) (slot closed_rent_low) (slot closed_rent_high)
  (slot own_low) (slot own_high))

(defglobal
  ?*route* = nil
  ?*eliminated* = (create$)
  ?*fired* = (create$))

; ---------------------------------------------------------------- gates

(defrule on_premises (declare (salience 50))
  (scenario (residency "on_premises"))
  =>
  (assert (out open_weight_api gates) (out closed_api gates))
  (bind ?*eliminated* ?*eliminated* open_weight_api closed_api)
  (bind ?*fired* ?*fired* on_premises))

(defrule indemnity (declare (salience 50))
  (scenario (indemnity_required TRUE))
  =>
  (assert (out self_host gates) (out open_weight_api gates))
  (bind ?*eliminated* ?*eliminated* self_host open_weight_api)
  (bind ?*fired* ?*fired* indemnity))

(defrule train_on_outputs (declare (salience 50))
  (scenario (train_on_outputs TRUE))
  =>
  (assert (out closed_api gates))
  (bind ?*eliminated* ?*eliminated* closed_api)
  (bind ?*fired* ?*fired* train_on_outputs))

(defrule frontier_only (declare (salience 50))
  (scenario (quality "frontier_only"))
  =>
  (assert (out self_host gates) (out open_weight_api gates))
  (bind ?*eliminated* ?*eliminated* self_host open_weight_api)
  (bind ?*fired* ?*fired* frontier_only))

(defrule control_weights (declare (salience 50))
  (scenario (control "pinned_version" | "adapters"))
  =>
  (assert (out closed_api gates))
  (bind ?*eliminated* ?*eliminated* closed_api)
  (bind ?*fired* ?*fired* control_weights))

(defrule control_latents (declare (salience 50))
  (scenario (control "latents"))
  =>
  (assert (out open_weight_api gates) (out closed_api gates))
  (bind ?*eliminated* ?*eliminated* open_weight_api closed_api)
  (bind ?*fired* ?*fired* control_latents))

(defrule predictable_latency (declare (salience 50))
  (scenario (latency "predictable"))
  =>
  (assert (out open_weight_api gates) (out closed_api gates))
  (bind ?*eliminated* ?*eliminated* open_weight_api closed_api)
  (bind ?*fired* ?*fired* predictable_latency))

; ---------------------------------------------------------------- model access

(defrule best_preferred (declare (salience 40))
  (scenario (quality "best_preferred") (closed_rent_high ?rent) (own_high ?own))
  (not (out open_weight_api ?))
  (not (out closed_api ?))
  (or (out self_host gates) (test (< ?rent ?own)))
  =>
  (assert (out open_weight_api model_access))
  (bind ?*fired* ?*fired* best_preferred))

; ---------------------------------------------------------------- cost

(defrule rent_of_open (declare (salience 30))
  (scenario (open_rent_low ?low) (open_rent_high ?high))
  (not (out open_weight_api ?))
  =>
  (assert (rent ?low ?high)))

(defrule rent_of_closed (declare (salience 30))
  (scenario (closed_rent_low ?low) (closed_rent_high ?high))
  (out open_weight_api ?)
  (not (out closed_api ?))
  =>
  (assert (rent ?low ?high)))

(defrule hosted_cheaper (declare (salience 20))
  (rent ?rent_low ?rent_high)
  (scenario (own_low ?own_low) (own_high ?own_high))
  (test (and (< ?rent_low ?own_low) (< ?rent_high ?own_high)))
  (not (out self_host ?))
  =>
  (assert (out self_host cost))
  (bind ?*fired* ?*fired* hosted_cheaper))

(defrule own_cheaper (declare (salience 20))
  (rent ?rent_low ?rent_high)
  (scenario (own_low ?own_low) (own_high ?own_high))
  (test (and (>= ?rent_low ?own_low) (>= ?rent_high ?own_high)))
  (not (out self_host ?))
  =>
  (assert (out open_weight_api cost) (out closed_api cost))
  (bind ?*fired* ?*fired* own_cheaper))

; ---------------------------------------------------------------- switching cost

(defrule open_first (declare (salience 10))
  (scenario)
  (not (out open_weight_api ?))
  (not (out closed_api ?))
  =>
  (assert (out closed_api switching_cost))
  (bind ?*fired* ?*fired* open_first))

(defrule rent_keeps_option (declare (salience 10))
  (rent ?rent_low ?rent_high)
  (scenario (own_low ?own_low) (own_high ?own_high))
  (test (neq (< ?rent_low ?own_low) (< ?rent_high ?own_high)))
  (not (out self_host ?))
  =>
  (assert (out self_host switching_cost))
  (bind ?*fired* ?*fired* rent_keeps_option))

; ---------------------------------------------------------------- the last route standing

(defrule recommend_self_host
  (scenario)
  (not (out self_host ?))
  =>
  (bind ?*route* self_host))

(defrule recommend_open
  (scenario)
  (not (out open_weight_api ?))
  =>
  (bind ?*route* open_weight_api))

(defrule recommend_closed
  (scenario)
  (not (out closed_api ?))
  =>
  (bind ?*route* closed_api))

; One call a decision: everything goes in as arguments and comes out as one string, "route;eliminated;fired".
(deffunction decide
  (?residency ?indemnity_required ?train_on_outputs ?quality ?control ?latency
   ?open_rent_low ?open_rent_high ?closed_rent_low ?closed_rent_high ?own_low ?own_high)
  (reset)
  (assert (scenario
    (residency ?residency) (indemnity_required ?indemnity_required) (train_on_outputs ?train_on_outputs)
    (quality ?quality) (control ?control) (latency ?latency)
    (open_rent_low ?open_rent_low) (open_rent_high ?open_rent_high)
    (closed_rent_low ?closed_rent_low) (closed_rent_high ?closed_rent_high)
    (own_low ?own_low) (own_high ?own_high)))
  (run)
  (str-cat ?*route* ";" (implode$ ?*eliminated*) ";" (implode$ ?*fired*)))
