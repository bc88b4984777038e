/// The table of slips: every code of the configuration at least once.
enum Slips {
    private static let node = Slip.node, facility = Slip.facility, route = Slip.route

    static let files = [
        Slip("Routes/nothing.yaml P0100", ConfigBench().adding("Routes/nothing.yaml/x", "")),
        Slip("Routes/letters.yaml P0102", ConfigBench(route, "", String(repeating: "#", count: 1_000_001))),
        Slip("Routes/letters.yaml:4:8 P0103", ConfigBench(route, "from: in\n", "from: a: b\n")),
        Slip("Routes/letters.yaml:1:1 P0104", ConfigBench(route, "about: {fr: Lettres, en: Letters}", "route: letters")),
        Slip("Routes/letters.yaml:4:7 P0105", ConfigBench(route, "from: in\n", "from: &x in\n")),
        Slip("Routes/letters.yaml:4:7 P0105", ConfigBench(route, "from: in\n", "from: *x\n")),
        Slip("Routes/letters.yaml:9:1 P0105", ConfigBench(route, "order: {by: patient, when_held: block}", "<<: {by: patient}")),
        Slip("Routes/letters.yaml:4:7 P0106", ConfigBench(route, "from: in\n", "from: !!str in\n")),
        Slip("Routes/letters.yaml:4:7 P0106", ConfigBench(route, "from: in\n", "from: !secret in\n")),
        Slip("Routes/letters.yaml:2:1 P0107", ConfigBench(route, "about: {fr: Lettres, en: Letters}", "---")),
        Slip(
            "Routes/letters.yaml:4:39 P0108",
            ConfigBench(route, "from: in\n", "from: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "\n")),
        Slip("Routes/letters.yaml:4:71 P0108", ConfigBench(route, "from: in\n", "from: " + String(repeating: "[", count: 400_000))),
        Slip("Routes/letters.yaml:4:1 P0109", ConfigBench(route, "from: in\n", "[a, b]: in\n")),
        Slip("Routes/letters.yaml P0110", ConfigBench(route, "", "# nothing\n")),
    ]

    static let fields = [
        Slip("Routes/letters.yaml:5:1 P0120", ConfigBench(route, "from: in\n", "from: in\nform: in\n")),
        Slip("Routes/letters.yaml:1:1 P0121", ConfigBench(route, "from: in\n", "")),
        Slip(
            "Routes/facilities/clinic.yaml:3:9 P0122", ConfigBench(facility, "finess: {ej: \"990000028\", geo: \"990000010\"}", "finess: 990000028")),
        Slip("passerelle.yaml:5:20 P0123", ConfigBench(node, "port: 6660", "port: 70000")),
        .probe("23 P0124", "rate: 1e3"), .probe("21 P0125", "on: ON"), .probe("23 P0126", "wait: 30"), .probe("23 P0127", "size: 50 MiB"),
        .probe("22 P0128", "url: \"https://me:secret@host/\""), .probe("23 P0129", "mode: fats"), .probe("27 P0130", "password: hunter2"),
        .probe("27 P0131", "password: {file: a, env: b}"), .probe("28 P0120", "password: {flie: a}"), .probe("23 P0132", "mode: \"\""),
        Slip("Routes/letters.yaml:12:28 P0133", ConfigBench(route, "{note: seen}", "{note: seen, at: Kind}")),
        Slip("Routes/letters.yaml:15:47 P0133", ConfigBench(route, "each: note.people", "each: note..people")),
        Slip("Routes/letters.yaml:14:45 P0136, Routes/letters.yaml:15:47 P0136", ConfigBench(route, "{note: seen}", "{note: only}")),
        Slip("Routes/facilities/clinic.yaml:10:9 P0137", ConfigBench(facility, "{credential: auth-key}", "{credential: other-key}")),
        Slip("Routes/facilities/clinic.yaml:6:48 P0134", ConfigBench(facility, "listener: in", "listener: inn")),
        .probe("23 P0135", "file: nowhere.pem"),
        Slip("passerelle.yaml:11:3 P0138", ConfigBench(node, "igc: {ca: ca.pem}", "igc: {ca: ca.pem, crl: ca.pem}")),
        Slip("passerelle.yaml:11:3 P0138", ConfigBench(node, "igc: {ca: ca.pem}", "igc: {ca: ca.pem, crl: [ca.pem, auth.pem]}")),
        Slip("Routes/facilities/clinic.yaml:6:61 P0139", ConfigBench(facility, "\"CN=dpi.exemple\"", "\"/C=FR/CN=dpi.exemple\"")),
        Slip("Routes/facilities/clinic.yaml:6:61 P0139", ConfigBench(facility, "\"CN=dpi.exemple\"", "\"C=FR, CN=dpi.exemple\"")),
        Slip("Routes/facilities/clinic.yaml:4:15 P0120", ConfigBench(facility, "{ipp: ", "{ip: ")),
        Slip("passerelle.yaml:3:10 P0122", ConfigBench(node, "{sqlite: {directory: var/journal}}", "sqlite")),
    ]

    static let whole = [
        Slip("passerelle.yaml:5:8 P0140", ConfigBench(node, "{tap: {port: 6660}}", "{tpa: {port: 6660}}")),
        Slip("passerelle.yaml:5:7 P0141", ConfigBench(node, "{tap: {port: 6660}}", "{tap: {port: 6660}, probe: {}}")),
        Slip("passerelle.yaml:5:7 P0141", ConfigBench(node, "{tap: {port: 6660}}", "{}")),
        Slip("passerelle.yaml:7:9 P0140", ConfigBench(node, "{probe: {}}", "{tap: {port: 6660}}")),
        Slip(
            "Routes/facilities/clinic.yaml:2:14 P0142",
            ConfigBench(facility, "environment: test\nfiness", "environment: production\nfiness")),
        Slip(
            "Routes/facilities/clinic.yaml:8:34 P0142",
            ConfigBench(facility, "back: {probe: {}, environment: test}", "back: {probe: {}, environment: production}")),
        Slip(
            "Routes/facilities/clinic.yaml:10:83 P0142",
            ConfigBench(facility, "key: {credential: auth-key}, environment: test", "key: {credential: auth-key}, environment: production")),
        Slip(
            "Routes/facilities/clinic.yaml:12:88 P0142", ConfigBench(facility, "identity: auth, environment: test", "identity: auth, environment: production")),
        Slip("passerelle.yaml:9:81 P0142", ConfigBench(node, "trust: igc, environment: test", "trust: igc, environment: production")),
        Slip("passerelle.yaml:5:40 P0142", ConfigBench(node, "{tap: {port: 6660}}", "{tap: {port: 6660}, environment: production}")),
        Slip(
            [
                "Routes/facilities/clinic.yaml:2:14 P0142", "Routes/facilities/clinic.yaml:8:34 P0142", "Routes/facilities/clinic.yaml:10:83 P0142",
                "Routes/facilities/clinic.yaml:12:88 P0142", "passerelle.yaml:3:25 P0143", "passerelle.yaml:10:81 P0142",
            ].joined(separator: ", "),
            ConfigBench(node, "environment: test\njournal", "environment: production\nproduction_ins_in_test: yes\njournal")),
        Slip("passerelle.yaml:9:14 P0144", ConfigBench(node, "\"localhost:2587\"", "localhost")),
        Slip("passerelle.yaml:12:37 P0145", ConfigBench(node, "1.2.250.1.999.1", "1.2.250.01")),
        Slip("Routes/facilities/clinic.yaml:4:20 P0145", ConfigBench(facility, "1.2.250.1.999.7.1", "IPP")),
        Slip("Routes/facilities/clinic.yaml:3:14 P0146", ConfigBench(facility, "\"990000028\"", "99000002")),
        Slip("Routes/facilities/clinic.yaml:12:18 P0147", ConfigBench(facility, "pfi@essai.mssante.example", "\"Pfi <pfi@essai.mssante.example>\"")),
        Slip("passerelle.yaml:6:3 P0148", ConfigBench(node, "senders:\n", "  again: {tap: {port: 6660}}\nsenders:\n")),
        Slip(
            "Routes/facilities/clinic.yaml:7:5 P0149",
            ConfigBench(facility, "endpoints:\n", "  - {application: DPI, facility: CH, listener: in, answers: back}\nendpoints:\n")),
        Slip(
            "Routes/facilities/other.yaml:1:11 P0150",
            ConfigBench().adding(
                "Routes/facilities/other.yaml", "facility: clinic\nenvironment: test\nfiness: {ej: \"990000028\", geo: \"990000010\"}\n")),
        Slip("Routes/other.yaml:1:8 P0150", ConfigBench().adding("Routes/other.yaml", ConfigBench.route)),
        Slip(
            "Routes/facilities/other.yaml:1:11 P0151",
            ConfigBench().adding(
                "Routes/facilities/other.yaml", "facility: hospital\nenvironment: test\nfiness: {ej: \"990000028\", geo: \"990000010\"}\n")),
        Slip("passerelle.yaml:12:9 P0152", ConfigBench(node, "lps:", "routes: Rutes\nlps:")),
        Slip("passerelle.yaml:8:3 P0153", ConfigBench(node, "out: {probe: {}}", "out: {probe: {}}\n  \"à côté\": {probe: {}}")),
        Slip(
            "passerelle.yaml:3:10 P0154",
            ConfigBench(
                node, "journal: {sqlite: {directory: var/journal}}",
                "journal: {sqlite: {directory: var/journal}, postgres: {host: db, failover: true}}")),
        Slip(
            "passerelle.yaml:3:21 P0155",
            ConfigBench(node, "journal: {sqlite: {directory: var/journal}}", "journal: {postgres: {host: db, failover: true, lease: 20 s}}")),
        Slip("passerelle.yaml:8:3 P0156", ConfigBench(node, "out: {probe: {}}", "out: {probe: {}}\n  spare: {probe: {}}")),
        Slip("passerelle.yaml:6:3 P0156", ConfigBench(node, "senders:\n", "  spare: {tap: {port: 6661}}\nsenders:\n")),
        Slip("Routes/facilities/clinic.yaml:9:3 P0156", ConfigBench(facility, "identities:", "  spare: {probe: {}}\nidentities:")),
        Slip(
            "Routes/facilities/clinic.yaml:6:5 P0158, Routes/facilities/clinic.yaml:14:3 P0157",
            ConfigBench(node, "senders:\n", "  other: {tap: {port: 6661}}\nsenders:\n").changing(facility, "listener: in", "listener: other")),
        Slip("Routes/clinic.yaml:1:1 P0159", ConfigBench().adding("Routes/clinic.yaml", ConfigBench.facility)),
        Slip("Routes/facilities/letters.yaml:1:1 P0159", ConfigBench().adding("Routes/facilities/letters.yaml", ConfigBench.route)),
        Slip("passerelle.yaml:1:1 P0159", ConfigBench(node, "", ConfigBench.route)),
        Slip("Routes/letters.yaml:16:14 P0123", ConfigBench(route, "each: note.people}", "each: note.people}\nkeep: {days: 0}")),
        Slip("Routes/letters.yaml:16:24 P0127", ConfigBench(route, "each: note.people}", "each: note.people}\nkeep: {days: 9, bytes: 9 GiB}")),
        Slip("Routes/letters.yaml:16:14 P0178", ConfigBench(route, "each: note.people}", "each: note.people}\nkeep: {days: 500}")),
        Slip("passerelle.yaml:12:30 P0178", ConfigBench(node, "lps:", "keep: {days: 40, facts_days: 30}\nlps:")),
        Slip("Routes/letters.yaml:12:5 P0190", ConfigBench(route, "- mark: {note: seen}", "- ask: {visit: now}\n  - mark: {note: seen}")),
        Slip("Routes/letters.test.yaml:1:1 P0190", ConfigBench().adding("Routes/letters.test.yaml", "cases: []")),
    ]

    static let routes = [
        Slip("Routes/letters.yaml:6:3 P0160", ConfigBench(route, "  all:\n    - {KIND: {in: [ORU, MDM]}}\n    - {EVENT: {equals: R01}}", "  ORU")),
        Slip("Routes/letters.yaml:8:15 P0160", ConfigBench(route, "{EVENT: {equals: R01}}", "{EVENT: R01}")),
        Slip("Routes/letters.yaml:8:16 P0161", ConfigBench(route, "{equals: R01}", "{equal: R01}")),
        Slip("Routes/letters.yaml:8:25 P0162", ConfigBench(route, "{equals: R01}", "{matches: \"(a+)+\"}")),
        Slip("Routes/letters.yaml:8:8 P0163", ConfigBench(route, "{EVENT: {equals: R01}}", "{note.seen: {exists: true}}")),
        Slip("Routes/letters.yaml:14:29 P0164", ConfigBench(route, "{param: target}", "{param: taget}")),
        Slip("Routes/facilities/clinic.yaml:14:3 P0165", ConfigBench(facility, "letters: {target: out}", "letters: {}")),
        Slip("Routes/facilities/clinic.yaml:14:21 P0134", ConfigBench(facility, "letters: {target: out}", "letters: {target: uot}")),
        Slip("Routes/facilities/clinic.yaml:14:26 P0120", ConfigBench(facility, "letters: {target: out}", "letters: {target: out, levl: low}")),
        Slip("Routes/letters.yaml:15:10 P0166", ConfigBench(route, "id: two", "id: one")),
        Slip(
            "Routes/facilities/clinic.yaml:6:5 P0158, Routes/letters.yaml:1:8 P0167, passerelle.yaml:7:3 P0156",
            ConfigBench(facility, "routes:\n  letters: {target: out}", "routes: {}")),
        Slip("Routes/facilities/clinic.yaml:6:5 P0168, Routes/facilities/clinic.yaml:8:3 P0156", ConfigBench(facility, ", answers: back", "")),
        Slip("Routes/letters.yaml:3:22 P0169", ConfigBench(route, "{type: sender}", "{type: sender, in: [a]}")),
        Slip("Routes/letters.yaml:4:7 P0170", ConfigBench(route, "from: in\n", "from: {emited: [zam]}\n")),
        Slip("Routes/letters.yaml:9:8 P0175", ConfigBench(route, "order:", "class: history\norder:")),
        Slip("Routes/letters.yaml:9:8 P0175", ConfigBench(route, "order:", "class: {today: {KIND: {equals: ORU}}}\norder:")),
        Slip("Routes/letters.yaml:9:23 P0161", ConfigBench(route, "order:", "class: {bulk: {KIND: {equal: ORU}}}\norder:")),
        Slip("Routes/letters.yaml:9:13 P0129", ConfigBench(route, "by: patient", "by: pateint")),
        Slip("Routes/letters.yaml:12:32 P0176", ConfigBench(route, "{note: seen}", "{note: seen, shared: yes}")),
        Slip("Routes/facilities/clinic.yaml:14:21 P0172", ConfigBench(route, "then: reply", "then: tell")),
        Slip("Routes/letters.yaml:14:5 P0173", ConfigBench(node, "out: {probe: {}}", "out: {picky: {}}")),
        Slip(
            "Routes/facilities/clinic.yaml:8:17 P0173",
            ConfigBench(facility, "back: {probe: {}", "back: {picky: {}").changing(route, "check: {spell: {level: {param: level}}}\n", "")),
        Slip("Routes/letters.yaml:6:3 P0174", ConfigBench(route, "{EVENT: {equals: R01}}", "{KIND: {equals: ADT}}")),
        Slip("Routes/facilities/clinic.yaml:14:3 P0177", picky),
        // What a route lacks for its senders is not said where its own checks and steps are wrong.
        Slip(
            "Routes/letters.yaml:10:9 P0140",
            ConfigBench(node, "out: {probe: {}}", "out: {picky: {}}").changing(route, "check: {spell:", "check: {spel:").changing(
                route, "then: reply", "each: note.people")),
        Slip("Routes/letters.yaml:4:18 P0179", ConfigBench(route, "from: in\n", "from: {emitted: [tolt]}\n")),
        Slip("Routes/letters.yaml:15:21 P0171", ConfigBench(route, "{partner: answers}", "{partner: answer}")),
    ]

    /// A sender that demands something of the route, and gets it; but nobody takes what its then emits.
    static let picky = ConfigBench(node, "out: {probe: {}}", "out: {picky: {}}").changing(route, "then: reply", "each: note.people, then: tell")
}
