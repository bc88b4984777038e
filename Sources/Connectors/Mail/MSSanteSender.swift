import Clinical
import France
import HL7v2
package import Pipeline
import Wire

/// `mssante`: one mail for one recipient, with `IHE_XDM.zip`, through the operator of the facility's mailbox.
package struct MSSanteSender: Sender {
    package static let spec = Spec(
        "mssante",
        Text(
            fr: "envoie par MSSanté les documents d'une demande CDA, un courriel par destinataire",
            en: "mails the documents of a CDA request through MSSanté, one mail for each recipient"),
        [
            Field(
                "white_list", .file, required: true,
                Text(fr: "liste blanche des domaines MSSanté (XML)", en: "white list of MSSanté domains (XML)"), example: "listeblanchemssante.xml"),
            Field(
                "mailbox", .text, default: "applicative",
                Text(fr: "la boîte qui envoie (mailboxes de l'établissement)", en: "the mailbox that sends (mailboxes of the facility)")),
            Field("operator", .name(of: "operator"), Text(fr: "n'envoie que par cet opérateur", en: "sends through this operator only")),
            Field(
                "label", .text,
                Text(fr: "nom affiché de l'expéditeur ; par défaut celui de l'établissement", en: "shown name of the sender; by default the facility's")),
            Field(
                "contact", .text, Text(fr: "contact écrit dans README.TXT ; par défaut la boîte", en: "contact written in README.TXT; by default the mailbox")),
            Field("vendor", .text, Text(fr: "éditeur écrit dans README.TXT", en: "vendor written in README.TXT")),
            Field("size", .bytes, default: "10485760", Text(fr: "taille maximale d'un courriel", en: "largest mail")),
            Field("size_patient", .bytes, default: "26214400", Text(fr: "taille maximale d'un courriel à un patient", en: "largest mail to a patient")),
            Field(
                "action_slot", .text, default: "action",
                Text(fr: "nom du slot qui dit remplacement (C) ou suppression (D)", en: "name of the slot that says replacement (C) or deletion (D)")),
            Field("subject", .choice(["ascii", "rfc2047"]), default: "ascii", Text(fr: "accents du sujet", en: "accents in the subject")),
            Field("first_retry", .duration, default: "60 s", Text(fr: "pause après un premier échec", en: "pause after a first failure")),
            Field("give_up", .duration, default: "1 d", Text(fr: "abandon après", en: "given up after")),
            Field("connections", .integer(1...64), default: "4", Text(fr: "envois simultanés", en: "sendings at a time")),
        ] + MailAccess.fields(login: "certificate"))

    /// One mail for each recipient of a request which the control let in and the step opened.
    package static let demand = SenderDemand(checks: ["cda-request"], steps: ["documents"], format: "hl7v2", each: .always)

    let name: String
    let services: Scope
    let tables: DMPTables
    let access: MailAccess
    let composition: MailComposition
    package let concurrency: Int
    package let patience: Duration
    package let retry: RetryPolicy

    /// The same bytes with the same Message-ID: receivers drop the second copy.
    package var afterUnknown: AfterUnknown { .sendAgain }

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        services = scope
        tables = try DMPSettings.tables(scope, fields.place)
        access = MailAccess(fields)
        patience = access.open + access.reply
        composition = try MailComposition(fields, scope, tables)
        concurrency = fields.integer("connections") ?? 4
        retry = RetryPolicy(
            first: fields.duration("first_retry") ?? .seconds(60), longest: .seconds(3600), giveUp: fields.duration("give_up") ?? .seconds(86_400))
    }

    /// A mailbox to send from, and the reference that every mail carries.
    package func faults(for facility: Facility, at place: Place) -> [Diagnostic] {
        var found: [Diagnostic] = []
        if composition.mailbox(of: facility) == nil {
            found.append(.noMailbox(composition.mailboxName, composition.operatorName, of: facility, for: name, at: place))
        }
        if services.node.software.nil_.isEmpty { found.append(.softwareLacks("nil", "DEMO-0001", for: name, services.node, at: place)) }
        return found
    }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try await attempt.bytes() } catch { return error.outcome }
        switch await blocking({ [self] in composition.compose(delivery, bytes) }) {
        // Refused before sending; a person decides where an earlier attempt may have been taken.
        case .failure(.refused(let reason)): return delivery.mayHaveLeft ? .held(reason, owner: .exploitation) : .refused(reason)
        case .failure(.held(let reason, let owner)): return .held(reason, owner: owner)
        case .failure(.halted(let reason)): return .halted(scope: scope(delivery), reason)
        case .success(let composed): return await send(composed, delivery, attempt)
        }
    }

    private func send(_ composed: MailComposition.Composed, _ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let mail = composed.mail
        let digest = mail.digest
        if delivery.wasUnknown, let former = delivery.facts["digest"], former != digest { return .held(MailReasons.otherBytes, owner: .exploitation) }
        var facts = ["digest": digest, "message-id": mail.messageID, "envid": mail.envelopeID, "submission-set": mail.setID, "size": String(mail.count)]
        if mail.lacksReadableCopy { facts["pdf"] = "none: structured document, no renderer" }
        do throws(JournalError) { try await attempt.record(facts) } catch {
            return .deferred(MailReasons.notRecorded, nothingStored: !delivery.wasUnknown)
        }
        let (scope, kept) = (scope(delivery), facts)
        return await blocking { [self] in
            let server: MailServer
            do throws(Reason) {
                server = try access.server(composed.facility, composed.mailbox, imap: false, services)
            } catch { return .halted(scope: scope, error) }
            return MailExchange(server: server, mail: mail, facts: kept, scope: scope).run()
        }
    }

    /// Opens and leaves the account of each mailbox.
    package func probe() async -> Reason? {
        for facility in services.facilities.values.sorted(by: { $0.name < $1.name }) {
            guard let mailbox = composition.mailbox(of: facility) else { continue }
            let failure: Reason? = await blocking { [self] in
                do throws(Reason) {
                    let server = try access.server(facility, mailbox, imap: false, services)
                    do throws(WireFailure) {
                        try SMTPSession(server).quit()
                        return nil
                    } catch { return error.needsAPerson ? MailReasons.account(error) : Reasons.farEndAway(detail: error.description) }
                } catch { return error }
            }
            if let failure { return failure }
        }
        return nil
    }

    /// How old the white list is.
    package var remark: Text? {
        let age = composition.whiteList.age
        return Text(fr: "liste blanche : \(age.fr)", en: "white list: \(age.en)")
    }

    /// ENVID first: it comes from the key alone. Message-ID carries the domain of the mailbox.
    package func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token] {
        let letters = key.base32()
        var tokens = [Token(kind: MailToken.envelope, value: MailBuilder.envelopeID(key: letters))]
        if let facility = services.facilities[message.envelope.facility], let mailbox = composition.mailbox(of: facility),
            let address = MailAddress(mailbox.address)
        {
            tokens.append(Token(kind: MailToken.message, value: MailBuilder.messageID(key: letters, mailbox: address)))
        }
        return tokens
    }

    /// The mailbox: a refused account or certificate stops it and no other.
    package func scope(_ delivery: Delivery) -> String {
        let mailbox = services.facilities[delivery.facility].flatMap { composition.mailbox(of: $0) }
        return "\(name)/\(mailbox?.address ?? delivery.facility)"
    }

    /// The mails of one patient to one recipient leave in order; one greylisted address delays nobody else.
    package func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64 {
        let patient = keys.ins != 0 ? keys.ins : keys.patient != 0 ? keys.patient : keys.connection
        return services.engine.hash.key("mail", String(patient), part.id).high
    }

    private func blocking<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T { await services.engine.io.run(name, places: concurrency, work) }
}
