/// Whether senders can take what a route makes for them.
extension RouteBinder {
    /// Asks of a destination's sender, wherever its name is written: that its `then` can tell of it, and that the route does what it builds on.
    func checkSender(of destination: Destination, at place: Place, _ thenPlace: Place, _ reader: inout SpecReader) {
        guard facility != nil else { return }  // another node's names may be meant
        for (name, place) in senders(destination.sender, at: place) {
            guard let type = builder.senders[name], !(type.sendsNothing && builder.node.environment == .test) else { continue }
            let shown = (name: name.split(separator: "/").last.map(String.init) ?? name, word: type.spec.word)
            if let diagnostic = wrongKind(type, shown, destination, thenPlace, at: place) ?? unmet(type.demand, shown, destination, at: place) {
                reader.diagnostics.append(diagnostic)
            }
        }
    }

    /// The senders that a reference may mean, with the places that name them.
    private func senders(_ reference: SenderReference, at place: Place) -> [(name: String, place: Place)] {
        switch reference {
        case .named(let name): [(name, place)]
        case .partnerAnswers:
            Set((facility?.partners ?? []).compactMap(\.answers)).sorted().map { answers in
                ((facility?.name ?? "") + "/" + answers, facility?.endpoints[answers]?.node.place ?? place)
            }
        }
    }

    private func wrongKind(
        _ type: any Sender.Type, _ shown: Diagnostic.Named, _ destination: Destination, _ thenPlace: Place, at place: Place
    ) -> Diagnostic? {
        guard let then = destination.then.map({ Swift.type(of: $0) }), let wanted = then.tellsOf, !wanted.contains(shown.word) else { return nil }
        let prefix = (facility?.name ?? "") + "/"
        let fitting = builder.senders.filter { wanted.contains($0.value.spec.word) && (!$0.key.contains("/") || $0.key.hasPrefix(prefix)) }
        let names = fitting.keys.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }.sorted()
        return .wrongSender(
            shown, wanted: wanted.sorted(), names, by: (then.spec.word, thenPlace), in: file.name + "/" + destination.id, at: place)
    }

    private func unmet(_ demand: SenderDemand, _ shown: Diagnostic.Named, _ destination: Destination, at place: Place) -> Diagnostic? {
        if let format = demand.format, format != self.format.name { return .wrongFormat(shown, format, self.format.name, at: place) }
        switch demand.each {
        case .always where destination.each == nil: return .eachMissing(shown, destination.id, at: destination.place)
        case .never where destination.each != nil: return .eachTooMuch(shown, destination.id, at: destination.place)
        default: break
        }
        guard let words else { return nil }
        if let word = demand.checks.first(where: { !words.checks.contains($0) }) { return .workMissing(shown, word, under: "check", file.name, at: place) }
        if let word = demand.steps.first(where: { !words.steps.contains($0) }) { return .workMissing(shown, word, under: "do", file.name, at: place) }
        return nil
    }
}
