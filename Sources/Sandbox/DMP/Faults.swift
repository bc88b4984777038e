import FoundationEssentials
import Synchronization

/// A failure that the control port has ordered, for the next requests to the stand-in DMP.
struct OrderedFault: Codable, Sendable, Hashable {
    enum Kind: String, Codable, Sendable, CaseIterable {
        /// No answer; nothing is stored.
        case timeoutBeforeStore = "timeout-before-store"
        /// No answer, though all is stored.
        case timeoutAfterStore = "timeout-after-store"
        /// The connection is cut after the body; nothing is stored.
        case cutBeforeStore = "cut-before-store"
        /// The connection is cut though all is stored.
        case cutAfterStore = "cut-after-store"
        /// HTTP 503.
        case unavailable = "503"
        /// A SOAP fault with `code`.
        case soapFault = "soap-fault"
        /// All is stored; the answer is a MIME message that stops in the middle.
        case brokenMIME = "broken-mime"
        /// The right answer, `seconds` late.
        case slow
        /// `XDSRepositoryBusy`.
        case busy
        /// `RegistryResponse` Failure with `code`.
        case registryError = "registry-error"
        /// Success with a warning.
        case warning
        /// `RelatesTo` is another request's.
        case wrongRelatesTo = "wrong-relates-to"
    }

    let kind: Kind
    /// How many requests it strikes; 1 when absent.
    var count: Int?
    /// Seconds of silence or delay.
    var seconds: Int?
    /// Subcode or error code.
    var code: String?
    /// Only requests whose action contains this: feedings (`ProvideAndRegister`) when absent, any when empty.
    var action: String?
}

/// The faults that wait.
final class FaultPlan: Sendable {
    private let waiting = Mutex<[OrderedFault]>([])

    /// Adds one at the end.
    func order(_ fault: OrderedFault) { waiting.withLock { $0.append(fault) } }
    /// Forgets all.
    func clear() { waiting.withLock { $0.removeAll() } }
    /// Those that wait.
    var all: [OrderedFault] { waiting.withLock { $0 } }

    /// The fault for this request, counted down.
    func take(action: String) -> OrderedFault? {
        waiting.withLock { waiting in
            guard let index = waiting.firstIndex(where: { ($0.action ?? "ProvideAndRegister").isEmpty || action.contains($0.action ?? "ProvideAndRegister") })
            else { return nil }
            let fault = waiting[index]
            let left = (fault.count ?? 1) - 1
            if left > 0 { waiting[index].count = left } else { waiting.remove(at: index) }
            return fault
        }
    }
}
