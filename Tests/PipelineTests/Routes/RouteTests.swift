import Testing

@testable import Pipeline

@Suite("Routes of a configuration")
struct RouteTests {
    private func loaded(_ bench: ConfigBench = ConfigBench()) throws -> Configuration {
        let loaded = bench.load()
        #expect(loaded.report.text(.en) == "")
        return try #require(loaded.configuration)
    }

    @Test("a route is bound to each facility that takes part, with its parameters")
    func bound() throws {
        let other = ConfigBench.facility.replacing("clinic", with: "hospital").replacing("target: out", with: "target: back, level: high")
            .replacing("application: DPI", with: "application: OTHER")
        let configuration = try loaded(ConfigBench().adding("Routes/facilities/hospital.yaml", other))
        let clinic = try #require(configuration.route("letters", facility: "clinic")),
            hospital = try #require(configuration.route("letters", facility: "hospital"))
        #expect(clinic.from == ["in"] && clinic.order == OrderRule() && clinic.about.fr == "Lettres" && clinic.place.file == "/c/Routes/letters.yaml")
        #expect((clinic.checks[0].check as? SpellCheck)?.level == "low" && (hospital.checks[0].check as? SpellCheck)?.level == "high")
        #expect((hospital.checks[0].check as? SpellCheck)?.facility == "hospital")
        #expect(clinic.destinations.map(\.sender) == [.named("out"), .partnerAnswers] && hospital.destinations[0].sender == .named("hospital/back"))
        #expect(clinic.destination("letters/two")?.id == "two" && clinic.destination("other/two") == nil && clinic.destination("letters/three") == nil)
        #expect(configuration.senders.keys.sorted() == ["clinic/back", "hospital/back", "out"])
        #expect((configuration.senders["clinic/back"] as? ProbeSender)?.name == "clinic/back")
        #expect(clinic.steps.map(\.name) == ["mark"] && clinic.steps[0].place.line == 12)
    }

    @Test("candidates are found by listener, facility and index words, in the order of files")
    func candidates() throws {
        var bench = ConfigBench()
        let routes = ["any": "{}", "oru": "{KIND: {equals: ORU}}", "event": "{EVENT: {in: [R01, T02]}}", "both": "{KIND: {equals: ORU}, EVENT: {equals: R01}}"]
        for (name, when) in routes {
            let condition = when == "{}" ? "" : "when: \(when)\n"
            bench = bench.adding("Routes/\(name).yaml", "route: \(name)\nfrom: [in, {emitted: [told]}]\n\(condition)to: [{id: a, send: out}]\n")
        }
        let names = routes.keys.map { "  \($0): {}" }.joined(separator: "\n")
        bench.files["/c/" + Slip.facility]? += "\n" + names
        let configuration = try loaded(bench)
        func found(_ listener: String, _ words: [String]) -> [String] {
            configuration.candidates(listener: listener, facility: "clinic", index: words).map(\.name)
        }
        #expect(found("in", ["ORU", "R01"]) == ["any", "both", "event", "letters", "oru"])
        #expect(found("in", ["MDM", "T02"]) == ["any", "event"])
        #expect(found("in", ["MDM", "R01"]) == ["any", "event", "letters"])
        #expect(found("emitted/told", ["ADT", "A01"]) == ["any"])
        #expect(found("in", []) == ["any"])
        #expect(found("elsewhere", ["ORU", "R01"]) == [])
        #expect(configuration.candidates(listener: "in", facility: "other", index: ["ORU", "R01"]).isEmpty)
    }

    @Test("a route says the class of its deliveries: by a word, by a parameter of the facility, or by a condition; said nowhere, it is inherited")
    func classes() throws {
        func deliveryClass(_ line: String, _ body: String, _ notes: [String: String] = [:], parameters: String = "") throws -> DeliveryClass {
            var bench = ConfigBench(Slip.route, "order:", line + "\norder:")
            if !parameters.isEmpty {
                bench.files["/c/" + Slip.route] = bench.files["/c/" + Slip.route]?.replacing("level: {in:", with: "\(parameters), level: {in:")
                bench.files["/c/" + Slip.facility] = bench.files["/c/" + Slip.facility]?.replacing("target: out", with: "target: out, class: bulk")
            }
            let route = try #require(loaded(bench).route("letters", facility: "clinic"))
            let envelope = Envelope(
                id: MessageID(Key128(high: 1, low: 1)), listener: "in", partner: Partner(facility: "clinic", name: "p"), received: Instant(milliseconds: 0),
                format: "fields", controlID: "1", notes: notes)
            let content = try FieldsFormat().read(Array(body.utf8))
            return route.classRule.deliveryClass(Reading(message: Message(envelope: envelope, body: .bytes([]), digest: []), content: content, bytes: []))
        }
        #expect(try deliveryClass("", "KIND=ORU") == .today)
        #expect(try deliveryClass("", "KIND=ORU", ["class": "bulk"]) == .bulk)
        #expect(try deliveryClass("class: today", "KIND=ORU", ["class": "bulk"]) == .today)
        #expect(try deliveryClass("class: bulk", "KIND=ORU") == .bulk)
        #expect(try deliveryClass("class: {bulk: {KIND: {equals: ORU}}}", "KIND=ORU") == .bulk)
        #expect(try deliveryClass("class: {bulk: {KIND: {equals: ORU}}}", "KIND=MDM") == .today)
        #expect(try deliveryClass("class: {param: class}", "KIND=ORU", parameters: "class: {in: [today, bulk], default: today}") == .bulk)
    }

    @Test("a route with very many words is still found")
    func manyWords() throws {
        let words = (0..<100).map { "W\($0)" }
        let configuration = try loaded(ConfigBench(Slip.route, "in: [ORU, MDM]", "in: [\(words.joined(separator: ", "))]"))
        #expect(configuration.candidates(listener: "in", facility: "clinic", index: ["W99", "R01"]).map(\.name) == ["letters"])
    }

    @Test("one part for each item of the note, told apart by id, address, text or number")
    func parts() throws {
        let destination = try #require(loaded().route("letters", facility: "clinic")?.destination("letters/two"))
        #expect(destination.parts(of: [:]).isEmpty)
        let people: Note = .list([.record(["id": .text("1"), "address": .text("x")]), .record(["address": .text("a@b")]), .text("c"), .record([:])])
        #expect(destination.parts(of: ["people": people]).map(\.id) == ["1", "a@b", "c", "4"])
        #expect(destination.parts(of: ["people": .text("d")]).map(\.id) == ["d"])
        let single = try #require(loaded().route("letters", facility: "clinic")?.destination("letters/one"))
        #expect(single.parts(of: [:]) == [Part()])
    }

    @Test("a partner is known by listener, names and certificate subject")
    func partners() throws {
        let configuration = try loaded()
        func match(_ listener: String, _ application: String, _ subject: String?) -> String {
            switch configuration.partner(listener: listener, application: application, facilityCode: "CH", subject: subject) {
            case .known(let partner, let rule, _): "\(partner.origin) \(rule.rawValue)"
            case .unknown(let reason): reason.code
            }
        }
        #expect(match("in", "DPI", "CN=dpi.exemple") == "clinic/DPI|CH refuseReuse")
        #expect(match("in", "DPI", "CN = dpi.exemple") == "clinic/DPI|CH refuseReuse")
        #expect(match("in", "DPI", "CN=other") == "207" && match("in", "DPI", nil) == "207")
        #expect(match("in", "OTHER", "CN=dpi.exemple") == "207" && match("else", "DPI", "CN=dpi.exemple") == "207")
    }

    @Test("answers go to the partner's own endpoint, or nowhere when it is gone")
    func answers() throws {
        let configuration = try loaded()
        func envelope(_ partner: String, _ facility: String = "clinic") -> Envelope {
            Envelope(
                id: MessageID(Key128(high: 1, low: 1)), listener: "in", partner: Partner(facility: facility, name: partner), received: Instant(milliseconds: 0),
                format: "fields", controlID: "1")
        }
        #expect(configuration.senderName(.partnerAnswers, envelope("DPI|CH")) == "clinic/back")
        #expect(configuration.senderName(.partnerAnswers, envelope("GONE|CH")) == nil)
        #expect(configuration.senderName(.partnerAnswers, envelope("DPI|CH", "gone")) == nil)
        #expect(configuration.senderName(.named("out"), envelope("GONE|CH")) == "out")
    }

    @Test("the digest changes with any file and with nothing else")
    func digest() throws {
        let one = try loaded().digest
        #expect(try loaded().digest == one && one.count == 64)
        #expect(try loaded(ConfigBench(Slip.route, "fr: Lettres", "fr: Courriers")).digest != one)
    }

    @Test("node, facility and defaults are read as written")
    func settings() throws {
        let configuration = try loaded(), node = configuration.node
        #expect(node.name == "demo-1" && node.folder == "/c" && node.journalDirectory == "/c/var/journal" && node.socket == "/c/var/passerelle.sock")
        #expect(node.tables == "/c/Mappings/tables" && node.trust["igc"] == TrustReference(authorities: ["/c/ca.pem"], revocationLists: []))
        #expect(node.software.version == "0.1.0" && node.software.instanceOID == "1.2.250.1.999.1" && !node.productionINSInTest)
        #expect(node.places["listeners.in"] == Place(file: "/c/passerelle.yaml", line: 5, column: 3))
        let clinic = try #require(configuration.facilities["clinic"])
        #expect(clinic.sector == "SA01" && clinic.feeds == nil && clinic.finessGeo == "990000010" && clinic.title == "clinic")
        #expect(clinic.identities["auth"] == IdentityReference(certificate: .file("/c/auth.pem"), key: .credential("auth-key")))
        #expect(clinic.mailboxes["box"]?.operator == "op" && clinic.endpoints["back"]?.word == "probe" && clinic.routes["letters"]?["target"]?.text == "out")
        let sender = try #require(configuration.senders["out"] as? ProbeSender).fields
        #expect(sender.duration("wait") == .seconds(30) && sender.integer("size") == 50_000_000 && sender.number("rate") == nil)
    }
}
