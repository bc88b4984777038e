import Clinical
import HL7v2

@testable import France

/// What the tests of the mail share: a mailbox, a white list of one domain, one delivery.
enum MailFixture {
    static func settings() throws -> MailSettings {
        MailSettings(
            mailbox: MailAddress("pfi@essai.mssante.example")!, label: "CH DE DEMONSTRATION - Direction", productReference: "DEMO-0001",
            instance: "1.2.250.1.999.77.1",
            source: XDMSource(
                institution: "CH DE DEMONSTRATION", identifier: "1990000010", contact: "dsi@example.org", product: "Passerelle", version: "0.1",
                vendor: "Projet libre"), structure: "1990000010", structureName: "CH DE DEMONSTRATION", professionals: DMPFixture.professionals,
            environment: .test)
    }

    static let letters = "06EHTWM8C0000000000000000A"

    static func build(
        _ request: DocumentRequest, patient: Bool = false, settings: MailSettings? = nil, letters: String = letters,
        isListed: (String) -> Bool = { $0 == "essai.mssante.example" }
    ) throws -> BuiltMail {
        let parties = patient ? request.patientRecipients : request.professionalRecipients
        guard let to = parties.first else { throw RequestFixture.Missing(what: "recipient") }
        let builder = MailBuilder(try settings ?? self.settings(), tables: try DMPFixture.tables())
        return try builder.mail(request, to: to, key: (DMPFixture.key, letters), accepted: 1_768_469_527_000, isListed: isListed)
    }

    static func mail(_ built: BuiltMail) throws -> ReadMail { try ReadMail(built.pieces.flatMap(\.self)) }

    static func metadata(_ built: BuiltMail) throws -> String {
        let part = try mail(built).all.first { $0.type == "application/zip" }
        return String(decoding: try ReadXDM(part?.decoded ?? []).subsets[0].metadata, as: UTF8.self)
    }

    /// Python's own reading of the mail; the script sees `m`, `z`, `raw`.
    static func python(_ built: BuiltMail, _ script: String) throws -> String {
        let all = """
            import sys, email, io, zipfile, hashlib
            from email import policy
            raw = open(sys.argv[1], 'rb').read()
            m = email.message_from_bytes(raw, policy=policy.SMTP)
            z = zipfile.ZipFile(io.BytesIO([p for p in m.iter_attachments() if p.get_filename() == 'IHE_XDM.zip'][0].get_content()))
            \(script)
            """
        return try DMPFixture.shell("python3 -c \"$(cat <<'PY'\n\(all)\nPY\n)\" \"$FILE\"", built.pieces.flatMap(\.self)).text
    }
}
