/// Runs the routes of a configuration over a message: pure, so that `explain` and a replay see what the daemon sees.
package struct Examiner: Sendable {
    let configuration: Configuration
    let hash: SipHash

    /// An examiner for one configuration; `hash` is the journal's.
    package init(configuration: Configuration, hash: SipHash) { (self.configuration, self.hash) = (configuration, hash) }

    /// The routes that match a message, or the finding that none does.
    package func matching(_ reading: Reading) -> [RouteInstance] {
        guard let format = configuration.formats[reading.message.envelope.format] else { return [] }
        let envelope = reading.message.envelope
        return configuration.candidates(listener: envelope.listener, facility: envelope.facility, index: format.index(of: reading.content))
            .filter { $0.when.holds(reading.content, [:]) }
    }

    /// Why no route takes a message, for its sender: type unknown here (200), event unknown for a type that is routed (201), or a type and event
    /// that are routed under conditions that this message does not meet (200).
    package func unmatched(_ reading: Reading) -> Reason {
        let envelope = reading.message.envelope
        guard let format = configuration.formats[envelope.format] else { return Reasons.unsupportedType(at: nil) }
        let words = format.index(of: reading.content), places = format.indexPaths
        if !configuration.candidates(listener: envelope.listener, facility: envelope.facility, index: words).isEmpty {
            return Reasons.conditionsNotMet(at: places.first)
        }
        if words.count > 1, configuration.routesType(listener: envelope.listener, facility: envelope.facility, type: words[0]) {
            return Reasons.unsupportedEvent(at: places.dropFirst().first)
        }
        return Reasons.unsupportedType(at: places.first)
    }

    /// Whether any check or step of the routes decodes documents.
    package func isHeavy(_ routes: [RouteInstance]) -> Bool { routes.contains { $0.isHeavy } }

    /// All checks of all matching routes, in file order; any error rejects, and then no route delivers.
    package func verdict(_ reading: Reading, _ routes: [RouteInstance]) -> Verdict {
        var findings: [Finding] = [], counts: [Int] = [], ordinal = 0
        for route in routes {
            for check in route.checks {
                let found = check.check.findings(reading)
                if !found.isEmpty {
                    counts += repeatElement(0, count: ordinal - counts.count)
                    counts.append(found.count)
                    findings += found
                }
                ordinal += 1
            }
        }
        return Verdict(findings.contains { $0.severity == .error } ? .rejected : .accepted, findings, counts: counts)
    }

    /// The trace of a message for which no step ran: the configuration, the routes with what their checks found, and how it ended.
    func trace(_ routes: [RouteInstance], _ verdict: Verdict, end: String) -> [String] {
        var lines = [configuration.traceLine], ordinal = 0
        for route in routes { appendHead(of: route, verdict, &ordinal, to: &lines) }
        lines.append(end)
        return lines
    }

    /// That a route matches, and what its checks found, where they ran.
    private func appendHead(of route: RouteInstance, _ verdict: Verdict, _ ordinal: inout Int, to lines: inout [String]) {
        lines.append(route.matchLine)
        guard let counts = verdict.counts else { return }
        for (index, check) in route.checks.enumerated() {
            let count = ordinal < counts.count ? counts[ordinal] : 0
            lines.append(count == 0 ? route.checkLines[index] : RouteInstance.line(check, findings: count))
            ordinal += 1
        }
    }

    /// The steps and destinations of the routes: what is to be delivered.
    package func examine(_ reading: Reading, _ routes: [RouteInstance], verdict: Verdict) -> Examination {
        var run = Run(reading: reading, verdict: verdict, trace: [configuration.traceLine])
        for route in routes { apply(route, reading, &run) }
        if routes.isEmpty { run.trace.append("no route matches") }
        var examination = Examination(
            message: reading.message, verdict: verdict, deliveries: run.deliveries, trace: run.trace, search: run.search, blocks: run.blocks,
            generation: configuration.generation)
        examination.streams = [:]
        for route in routes {
            if let line = OrderStreams.line(of: route.name, by: route.order.by, reading.message.envelope.keys, hash) { examination.streams?[route.name] = line }
        }
        return examination
    }

    /// One route alone, for a route that was held and is released, and to bind the notes of a delivery after a restart.
    package func rerun(_ name: String, _ reading: Reading) -> Examination? {
        guard let route = configuration.route(name, facility: reading.message.envelope.facility) else { return nil }
        return examine(reading, [route], verdict: Verdict(.accepted))
    }

    /// A message that no route could take: held for a person at `route:NAME`.
    package func held(_ message: Message, at name: String, _ reason: Reason, verdict: Verdict, routes: [RouteInstance] = []) -> Examination {
        let delivery = heldDelivery(message, route: name, reason, blocks: true)
        return Examination(
            message: message, verdict: verdict, deliveries: [delivery],
            trace: trace(routes, verdict, end: "held at route:\(name): \(reason.code)"), search: [], blocks: true)
    }

    private struct Run {
        let reading: Reading
        let verdict: Verdict
        var trace: [String]
        /// Checks of the routes before.
        var checks = 0
        var deliveries: [ExaminedDelivery] = []
        var search: [Token] = []
        var blocks = false
    }

    private func apply(_ route: RouteInstance, _ reading: Reading, _ run: inout Run) {
        appendHead(of: route, run.verdict, &run.checks, to: &run.trace)
        var draft = Draft(reading, format: route.format)
        for (ordinal, (name, step, place)) in route.steps.enumerated() {
            do {
                if case .drop(let reason) = try step.apply(&draft) {
                    run.trace.append("\(place): step \(name) drops: \(reason.code)")
                    return
                }
                run.trace.append(route.stepLines[ordinal])
            } catch {
                run.trace.append("\(place): step \(name) fails: \(error.reason.code), held")
                run.deliveries.append(heldDelivery(reading.message, route: route.name, error.reason, blocks: route.order.whenHeld == .block))
                run.blocks = run.blocks || route.order.whenHeld == .block
                return
            }
        }
        run.search.append(contentsOf: draft.search)
        let deliveryClass = route.classRule.deliveryClass(reading)
        if deliveryClass == .bulk { run.trace.append("\(route.place): route \(route.name), class bulk") }
        for destination in route.destinations { plan(destination, route, draft, deliveryClass, &run) }
    }

    private func plan(_ destination: Destination, _ route: RouteInstance, _ draft: Draft, _ deliveryClass: DeliveryClass, _ run: inout Run) {
        let id = route.name + "/" + destination.id
        if let when = destination.when, !when.holds(draft.content, draft.notes) {
            run.trace.append("\(destination.place): \(id) not asked")
            return
        }
        let parts = destination.parts(of: draft.notes)
        if parts.isEmpty { run.trace.append("\(destination.place): \(id) has no part") }
        for part in parts {
            let sender = configuration.senderName(destination.sender, draft.message.envelope)
            run.trace.append("\(destination.place): \(id) → \(sender ?? "?")\(part.id.isEmpty ? "" : ", part \(run.deliveries.count + 1)")")
            run.deliveries.append(delivery(destination, id, route, draft, part, sender, deliveryClass))
        }
    }

    private func delivery(
        _ destination: Destination, _ id: String, _ route: RouteInstance, _ draft: Draft, _ part: Part, _ name: String?, _ deliveryClass: DeliveryClass
    ) -> ExaminedDelivery {
        let message = draft.message
        let key = deliveryKey(message, destination: id, part: part.id)
        let sender = name.flatMap { configuration.senders[$0] }
        let missing: Reason? = sender == nil ? Reasons.noSuchSender("\(id) → \(name ?? "?")") : nil
        let keys = message.envelope.keys
        let laneKey: UInt64 =
            switch route.order.by {
            case .patient: sender?.laneKey(keys, part) ?? keys.planning
            case .account: keys.account != 0 ? keys.account : keys.planning
            case .connection: keys.connection
            case .strict: 0
            case .none: key.low
            }
        let lane = lane(id, laneKey, deliveryClass)
        let barriers = route.order.by == .patient ? mergedLanes(message.envelope, part, id, sender).filter { $0 != lane } : []
        return ExaminedDelivery(
            key: key, route: route.name, destination: id, sender: name ?? InternalSender.missing, part: part,
            lane: lane, barriers: barriers, deliveryClass: deliveryClass, tokens: draft.tokens + (sender?.tokens(key, message, part) ?? []),
            replaces: draft.replaces,
            blocksWhenHeld: route.order.whenHeld == .block, notes: draft.notes, rewritten: draft.isRewritten ? draft.bytes : nil, held: missing)
    }

    /// The lanes of a merge: every one in which a delivery of either identity may stand, whichever of its identifiers that delivery's message carries, for
    /// today and in bulk. Where the sender is missing, those of all names of the patient: by which of them it makes its lanes is not known before it is
    /// there again. Empty for the rest.
    private func mergedLanes(_ envelope: Envelope, _ part: Part, _ id: String, _ sender: (any Sender)?) -> [Lane] {
        let keys = envelope.keys
        guard keys.merged != 0 || sender == nil else { return [] }
        func laneKey(_ edit: (inout OrderKeys) -> Void) -> UInt64 {
            var one = OrderKeys()
            one.connection = keys.connection
            edit(&one)
            return sender?.laneKey(one, part) ?? one.planning
        }
        let patients = [keys.patient, keys.merged], numbers = [keys.ins, keys.merged, envelope.mergedINS]
        let found = patients.map { key in laneKey { $0.patient = key } } + numbers.map { key in laneKey { $0.ins = key } }
        // Where the sender looks at none of these keys, its lane is not that of a patient.
        let none = laneKey { _ in }
        var lanes: [Lane] = []
        for key in found where key != none && key != 0 {
            for deliveryClass in DeliveryClass.allCases {
                let lane = lane(id, key, deliveryClass)
                if !lanes.contains(lane) { lanes.append(lane) }
            }
        }
        return lanes
    }

    private func heldDelivery(_ message: Message, route: String, _ reason: Reason, blocks: Bool) -> ExaminedDelivery {
        let destination = "route:" + route
        return ExaminedDelivery(
            key: deliveryKey(message, destination: destination, part: ""), route: route, destination: destination, sender: InternalSender.route, part: Part(),
            lane: lane(destination, message.envelope.keys.planning, .today), barriers: [], deliveryClass: .today, tokens: [], replaces: [],
            blocksWhenHeld: blocks, notes: [:],
            rewritten: nil, held: reason)
    }

    /// The key of a delivery: the same after a crash, a restore, or on a second gateway (design §2).
    package func deliveryKey(_ message: Message, destination: String, part: String, generation: Int = 0) -> Key128 {
        let envelope = message.envelope
        var stream = hash.stream()
        stream.frame(envelope.partner.origin)
        stream.frame(envelope.controlID)
        stream.frame(message.digest)
        stream.frame(destination)
        stream.frame(part)
        stream.frame([UInt8(truncatingIfNeeded: generation)])
        return stream.finish()
    }

    /// (destination, class, order key): what is for today never stands behind history, not even of its own patient.
    private func lane(_ destination: String, _ key: UInt64, _ deliveryClass: DeliveryClass) -> Lane {
        var stream = hash.stream()
        stream.add(destination)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { stream.add(UInt8(truncatingIfNeeded: key >> shift)) }
        if deliveryClass == .bulk { stream.add(1) }
        return Lane(stream.finish().low)
    }
}
