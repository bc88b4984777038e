import Clinical
import XMLTree

/// The white list of the MSSanté trusted space: the domains that a mail may go to. The national XML file, its elements matched by local
/// name (`DateDeGeneration`, `Domaine/Nom`), since its wrappers are not documented publicly.
package struct WhiteList: Sendable {
    /// Why a file is not taken.
    package enum Fault: Error, Sendable, Equatable {
        /// Not XML, or without any domain.
        case unreadable(String)
        /// Older than the one in use.
        case older
        /// It lost more than a fifth of its domains: a cut or forged file.
        case shrunk
    }

    /// Domains in lower case, compared exactly: no suffix stands for what is below it.
    package let domains: Set<String>
    /// `DateDeGeneration` as written; empty when the file has none.
    package let generated: String

    /// Reads the file.
    package init(_ bytes: [UInt8]) throws(Fault) {
        let document: XMLDocument
        do throws(XMLError) {
            document = try XMLDocument(parsing: bytes)
        } catch {
            throw .unreadable("line \(error.line), column \(error.column)")
        }
        let names = document.all("//*[local-name()='Domaine']/*[local-name()='Nom']").map { $0.text.lowercased().filter { !$0.isWhitespace } }
        domains = Set(names.filter { !$0.isEmpty && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } })
        generated = document.first("//*[local-name()='DateDeGeneration']")?.text.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? ""
        guard !domains.isEmpty else { throw .unreadable("no domain") }
    }

    /// Whether mail may go there. The patients' domain is always open.
    package func contains(_ domain: String) -> Bool {
        let domain = domain.lowercased()
        return domain == MailAddress.patientDomain || domains.contains(domain)
    }

    /// Age in days at a time in milliseconds since 1970; nil when the file does not say when it was made.
    package func ageInDays(at milliseconds: Int64) -> Int? {
        generatedDay.map { Int(milliseconds / 86_400_000) - $0 }
    }

    /// This list, or why it must not take the place of the one in use: the old one stays then.
    package func replacing(_ old: WhiteList) throws(Fault) -> WhiteList {
        if let mine = generatedDay, let theirs = old.generatedDay, mine < theirs { throw .older }
        guard domains.count * 5 >= old.domains.count * 4 else { throw .shrunk }
        return self
    }

    /// Days since 1970 of `YYYY-MM-DD…` or `DD/MM/YYYY…`.
    private var generatedDay: Int? {
        let numbers = generated.prefix(10).split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        let isISO = numbers[0] > 999
        let (year, month, day) = isISO ? (numbers[0], numbers[1], numbers[2]) : (numbers[2], numbers[1], numbers[0])
        guard year > 999, (1...12).contains(month), (1...31).contains(day) else { return nil }
        return Civil.day(year, month, day)
    }
}
