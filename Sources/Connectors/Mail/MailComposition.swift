import Clinical
import France
import HL7v2
import Pipeline

/// From a delivery to its mail: the facility's mailbox and settings, the request, the recipient. Pure but for the white list's file.
struct MailComposition: Sendable {
    /// Why there is no mail.
    enum Failure: Error, Sendable {
        case refused(Reason)
        case held(Reason, Owner)
        case halted(Reason)
    }

    /// A mail and the mailbox that it leaves from.
    struct Composed: Sendable {
        let mail: BuiltMail
        let facility: Facility
        let mailbox: Mailbox
    }

    let services: Scope
    private let tables: DMPTables
    let mailboxName: String
    let operatorName: String?
    private let label: String?, contact: String?, vendor: String
    private let limit: Int, patientLimit: Int
    private let actionSlot: String
    private let charset: MailSettings.SubjectCharset
    let whiteList: WhiteListFile

    init(_ fields: Fields, _ scope: Scope, _ tables: DMPTables) throws(ConfigError) {
        services = scope
        self.tables = tables
        mailboxName = fields.text("mailbox") ?? "applicative"
        operatorName = fields.text("operator")
        (label, contact, vendor) = (fields.text("label"), fields.text("contact"), fields.text("vendor") ?? "")
        (limit, patientLimit) = (fields.integer("size") ?? 10_485_760, fields.integer("size_patient") ?? 26_214_400)
        actionSlot = fields.text("action_slot") ?? "action"
        charset = fields.text("subject") == "rfc2047" ? .rfc2047 : .ascii
        do throws(WhiteListFile.Unusable) {
            whiteList = try WhiteListFile(fields.text("white_list") ?? "", time: scope.engine.time, logger: scope.engine.logger)
        } catch {
            throw ConfigError(
                "P0651", Text(fr: "liste blanche inutilisable : \(error.why.fr)", en: "white list cannot be used: \(error.why.en)"),
                mend: Text(
                    fr: "télécharger listeblanchemssante.xml (espacedeconfiance.mssante.fr) à cet endroit",
                    en: "download listeblanchemssante.xml (espacedeconfiance.mssante.fr) to this place"), at: fields.place(of: "white_list"))
        }
        do throws(DMPLotError) { _ = try DerivedIDs(key: [], root: scope.node.software.instanceOID) } catch {
            throw ConfigError([.badInstance(scope.node, error)])
        }
    }

    /// The mailbox of that name, else the only one; none of another operator.
    func mailbox(of facility: Facility) -> Mailbox? {
        let found = facility.mailboxes[mailboxName] ?? (facility.mailboxes.count == 1 ? facility.mailboxes.values.first : nil)
        guard let found, operatorName == nil || operatorName == found.operator else { return nil }
        return found
    }

    /// The mail of a delivery. Decodes and packs: on an I/O thread.
    func compose(_ delivery: Delivery, _ bytes: [UInt8]) -> Result<Composed, Failure> {
        guard let facility = services.facilities[delivery.facility], let mailbox = mailbox(of: facility) else {
            return .failure(.halted(MailReasons.noMailbox(delivery.facility, mailboxName)))
        }
        guard let address = MailAddress(mailbox.address) else {
            return .failure(.halted(MailReasons.badMailbox(mailbox.name, "adresse mal formée", "malformed address")))
        }
        guard let message = try? HL7Message(bytes) else { return .failure(.held(MailReasons.notARequest, .exploitation)) }
        let request = DocumentRequest(taken: message)
        guard request.kind != nil else { return .failure(.held(MailReasons.notARequest, .exploitation)) }
        guard let recipient = Self.recipient(of: delivery.part, in: request) else { return .failure(.held(MailReasons.noRecipient, .exploitation)) }
        let list = whiteList.current()
        do throws(MailRefusal) {
            let mail = try MailBuilder(settings(facility, address), tables: tables).mail(
                request, to: recipient, key: (delivery.key.bytes, delivery.key.base32()), accepted: delivery.message.envelope.received.milliseconds,
                isListed: list.contains)
            return .success(Composed(mail: mail, facility: facility, mailbox: mailbox))
        } catch {
            return .failure(error.isConfiguration ? .halted(Reason(error)) : .refused(Reason(error)))
        }
    }

    private func settings(_ facility: Facility, _ address: MailAddress) -> MailSettings {
        let software = services.node.software
        let structure = facility.finessGeo.isEmpty ? "" : "1\(facility.finessGeo)"
        let source = XDMSource(
            institution: facility.title, identifier: structure, contact: contact ?? address.text, product: software.name, version: software.version,
            vendor: vendor)
        return MailSettings(
            mailbox: address, label: label ?? facility.title, productReference: software.nil_, instance: software.instanceOID, source: source,
            structure: structure, structureName: facility.title,
            professionals: facility.professionals.mapValues { ProfessionalRole(profession: $0.role, specialty: $0.specialty) }, limit: limit,
            patientLimit: patientLimit, actionSlot: actionSlot, subjectCharset: charset,
            environment: NationalEnvironment(facility.environment), productionINSInTest: services.node.productionINSInTest)
    }
}
