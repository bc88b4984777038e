import Foundation
import HL7v2
import NIOSSL
import Pipeline
import Testing

@testable import Connectors

@Suite struct MLLPTLSTests {
    private let pki: TestPKI

    init() throws { pki = try #require(TestPKI.shared) }

    private func tls(_ name: String, _ more: [String: Fields.Value] = [:]) -> Fields.Value {
        let own: [String: Fields.Value] = ["trust": .text("hopital"), "certificate": .file(pki.path(name + ".pem")), "key": .file(pki.path(name + ".key"))]
        return .record(.test(own.merging(more) { _, new in new }))
    }

    private func send(_ bytes: [UInt8], port: Int, _ tls: Fields.Value?, host: String = "127.0.0.1", sender: MLLPSender? = nil) async throws -> Outcome {
        var fields: [String: Fields.Value] = ["host": .text(host), "port": .integer(port), "answer": .duration(.seconds(60))]
        fields["tls"] = tls
        let sender = try sender ?? MLLPSender(.test(fields), .test(ScriptedIntake(), trust: pki.trust))
        return await sender.deliver(.test(bytes), .test(bytes))
    }

    @Test("With mutual TLS the client's subject reaches the partner look-up; the message is accepted")
    func accepted() async throws {
        let intake = ScriptedIntake(partner: { application, code, subject in
            subject == "CN=dpi.exemple"
                ? .known(Partner(facility: "clinique", name: "DPI|CH"), .refuseReuse) : .unknown(Reason("207", Text(fr: "non", en: "no")))
        })
        try await withListener(intake, ["tls": tls("server")], trust: pki.trust) { _, port in
            let outcome = try await send(adt("T1"), port: port, tls("dpi"))
            #expect(outcome.isDelivered)
            let sender = try MLLPSender(
                .test(["host": .text("127.0.0.1"), "port": .integer(port), "tls": tls("dpi")]), .test(ScriptedIntake(), trust: pki.trust))
            // A second connection may resume the first one's TLS session: the subject is known all the same.
            for id in ["T2", "T3"] {
                let sent1 = try await send(adt(id), port: port, nil, sender: sender)
                #expect(sent1.isDelivered)
            }
            let probed = await sender.probe()
            #expect(probed == nil)
        }
    }

    @Test(
        "An expired, a revoked, a foreign and a missing client certificate are refused: nothing is taken, our sender halts",
        arguments: ["expired", "revoked", "foreign", "none"])
    func refusedClients(name: String) async throws {
        let intake = ScriptedIntake()
        try await withListener(intake, ["tls": tls("server")], trust: pki.trust) { listener, port in
            let fields = name == "none" ? Fields.Value.record(.test(["trust": .text("hopital")])) : tls(name)
            let outcome = try await send(adt("T1"), port: port, fields)
            guard case .halted(let scope, let reason) = outcome else {
                Issue.record("\(name): \(outcome)")
                return
            }
            #expect(scope == "mllp-in" && reason.code == "P0624")
            if name != "none" {
                try await blocking { try wait { listener.server.counters.values.refusedCertificates > 0 } }
                #expect(listener.server.counters.values.refusedCertificates == 1)
            }
        }
        #expect(intake.got.isEmpty)
    }

    @Test("Allowed subjects: another good certificate is refused")
    func subjects() async throws {
        let intake = ScriptedIntake()
        try await withListener(intake, ["tls": tls("server", ["subjects": .texts(["CN=somebody.exemple"])])], trust: pki.trust) { _, port in
            guard case .halted = try await send(adt("T1"), port: port, tls("dpi")) else {
                Issue.record("let in")
                return
            }
        }
        try await withListener(intake, ["tls": tls("server", ["subjects": .texts(["CN=dpi.exemple"])])], trust: pki.trust) { _, port in
            let sent2 = try await send(adt("T1"), port: port, tls("dpi"))
            #expect(sent2.isDelivered)
        }
    }

    @Test("Clients without a certificate are let in where the set-up says so")
    func optional() async throws {
        for (clients, own) in [("none", false), ("optional", false), ("optional", true)] {
            try await withListener(ScriptedIntake(), ["tls": tls("server", ["clients": .text(clients)])], trust: pki.trust) { _, port in
                let fields = own ? tls("dpi") : Fields.Value.record(.test(["trust": .text("hopital")]))
                let sent3 = try await send(adt("T1"), port: port, fields)
                #expect(sent3.isDelivered, "\(clients) \(own)")
            }
        }
    }

    @Test(
        "The sender refuses a server whose certificate has another name, unless its subject is listed; plain text to a TLS port is deferred or unknown, never delivered"
    )
    func serverName() async throws {
        try await withListener(ScriptedIntake(), ["tls": tls("other")], trust: pki.trust) { _, port in
            guard case .halted(_, let reason) = try await send(adt("T1"), port: port, tls("dpi")) else {
                Issue.record("let in")
                return
            }
            #expect(reason.code == "P0624")
            let sent4 = try await send(adt("T2"), port: port, tls("dpi", ["subjects": .texts(["CN=other.exemple"])]))
            #expect(sent4.isDelivered)
            let sent5 = try await send(adt("T3"), port: port, tls("dpi", ["server_name": .text("elsewhere.example")]))
            #expect(sent5.isDelivered)
            let sent6 = try await send(adt("T4"), port: port, nil)
            #expect(!sent6.isDelivered)
        }
    }

    @Test("openssl s_client is answered; a TLS 1.1 client is not")
    func openssl() async throws {
        try await withListener(ScriptedIntake(), ["tls": tls("server")], trust: pki.trust) { _, port in
            let pki = pki
            let good = try await blocking { try client(pki, port, "", framed(adt("S1"))) }
            #expect(good.contains("MSA|AA|S1"))
            let old = try await blocking { try client(pki, port, "-tls1_1", framed(adt("S2"))) }
            #expect(!old.contains("MSA|"))
        }
    }

    @Test("Host names are matched as RFC 6125 says")
    func names() {
        #expect(MLLPTLS.matches("dpi.example", "DPI.example"))
        #expect(MLLPTLS.matches("*.example", "dpi.example"))
        #expect(!MLLPTLS.matches("*.example", "a.dpi.example"))
        #expect(!MLLPTLS.matches("*.example", "example"))
        #expect(!MLLPTLS.matches("dpi.example", "dpi.example.org"))
    }

    @Test(
        "A set-up that cannot work is refused with its place",
        arguments: [
            (["certificate": Fields.Value.file("/absent"), "key": .file("/absent")], "P0616"), (["trust": .text("nowhere")], "P0613"), ([:], "P0617"),
            (["trust": .text("hopital"), "subjects": .texts(["not a name"])], "P0614"), (["identity": .text("nobody")], "P0615"),
        ] as [([String: Fields.Value], String)])
    func configuration(fields: [String: Fields.Value], code: String) {
        let error = #expect(throws: ConfigError.self) {
            try MLLPListener(.test(["port": .integer(0), "tls": .record(.test(fields))]), .test(ScriptedIntake(), trust: pki.trust))
        }
        #expect(error?.diagnostics.first?.code == code && error?.diagnostics.first?.place == Fields.nowhere)
    }
}

/// What `openssl s_client` prints: it stays, a minute at most, until it has its answer or has given up.
private func client(_ pki: TestPKI, _ port: Int, _ option: String, _ frame: [UInt8]) throws -> String {
    let folder = pki.path("s_client\(option)")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(frame).write(to: URL(fileURLWithPath: folder + "/frame"))
    let script = """
        mkfifo in
        openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:\(port) -CAfile ../ca.pem -cert ../dpi.pem -key ../dpi.key \(option) <in >out 2>&1 &
        client=$!
        exec 3>in
        cat frame >&3
        for _ in {1..600}; do
            grep -q 'MSA|' out && break
            kill -0 $client 2>/dev/null || break
            sleep 0.1
        done
        exec 3>&-
        wait $client
        cat out
        """
    return try run("/bin/bash", ["-c", script], in: folder).output
}
