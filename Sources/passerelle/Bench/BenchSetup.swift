/// The configuration that a scenario meets: one listener, one facility, one partner.
struct BenchSetup {
    /// The folder of the product (Routes, Mappings).
    var product: String
    /// What `senders:` says, as YAML: `{"null": {}}`.
    var senders: [String: String] = ["nowhere": "{\"null\": {}}"]
    /// How the one sender of `adt` is called.
    var sender = "nowhere"
    /// Routes like `adt` that match nothing of what is sent: the cost of having many.
    var others = 0
    /// The listener's `tls:`, and `trust:` of the node, as YAML.
    var tls: String?, trust: String?
    /// The CDA requests' route of the product instead of `adt`.
    var isDischarge = false
    /// What the route says beside, as YAML lines: `keep: {days: 1}`.
    var route = ""
    /// What the node file says of its journal, as YAML; the folder stands for `%`.
    var journal = "{sqlite: {directory: %/journal}}"

    /// The files of the node, by name.
    func files(folder: String, port: Int) -> [String: String] {
        let listener = tls.map { ", tls: \($0)" } ?? ""
        var files = [
            "passerelle.yaml": """
            node: bench
            environment: test
            journal: \(journal.replacing("%", with: folder))
            listeners: {mllp-in: {mllp: {host: 127.0.0.1, port: \(port), connections: 4096\(listener)}}}
            senders: {\((senders.map { "\($0.key): \($0.value)" } + ["mssante: {\"null\": {}}"]).sorted().joined(separator: ", "))}
            trust: \(trust ?? "{}")
            lps: {name: Passerelle, version: \(Version.number)}
            routes: \(isDischarge ? product + "/Routes" : folder + "/routes")
            facilities: \(folder)/facilities
            tables: \(product)/Mappings/tables
            socket: \(folder)/p.sock
            """,
            "facilities/bench.yaml": """
            facility: bench
            name: Bench
            environment: test
            finess: {ej: "990000028", geo: "990000010"}
            identifiers: {ipp: 1.2.250.1.999.7.1, nda: 1.2.250.1.999.7.2}
            partners:
              - {application: DPI-DEMO, facility: CH-DEMO, listener: mllp-in}
            routes:
            \(taken)
            """,
        ]
        if !isDischarge { for (name, text) in routes { files["routes/\(name).yaml"] = text } }
        return files
    }

    /// The routes that the facility takes part in.
    private var taken: String {
        if isDischarge { return "  discharge-documents: {dmp: \(sender)}" }
        return routes.keys.sorted().map { "  \($0): {}" }.joined(separator: "\n")
    }

    private var routes: [String: String] {
        var all = ["adt": Self.route("adt", when: "{MSH-9.1: {equals: ADT}}", sender) + route]
        // Of the same type of message, so that the index alone does not tell them apart.
        for n in 0..<others {
            all["other-\(n)"] = Self.route("other-\(n)", when: "{all: [{MSH-9.1: {equals: ADT}}, {MSH-9.2: {equals: Z\(n)}}]}", sender)
        }
        return all
    }

    private static func route(_ name: String, when: String, _ sender: String) -> String {
        """
        route: \(name)
        about: {fr: Mesure, en: Measure}
        from: mllp-in
        when: \(when)
        do:
          - set: {path: MSH-6, to: BENCH}
        to:
          - {id: out, send: \(sender)}

        """
    }
}
