import FoundationEssentials
import France
import Logging
import Pipeline
import Synchronization

/// The white list's file: read at start, and again when it changes. A new copy that is older, cut or unreadable does not take its place.
final class WhiteListFile: Sendable {
    private struct State {
        var list: WhiteList
        var changed: Date?
        var looked: Instant
        /// When its age was last told.
        var told: Instant
    }

    private let path: String
    private let state: Mutex<State>
    private let time: any Timekeeper
    private let logger: Logger

    /// Why the file cannot be used.
    struct Unusable: Error { let why: Text }

    init(_ path: String, time: any Timekeeper, logger: Logger) throws(Unusable) {
        (self.path, self.time, self.logger) = (path, time, logger)
        guard let data = FileManager.default.contents(atPath: path) else { throw Unusable(why: Text(fr: "fichier absent", en: "no such file")) }
        do throws(WhiteList.Fault) {
            state = Mutex(State(list: try WhiteList(Array(data)), changed: Self.changed(path), looked: time.now, told: time.now))
        } catch { throw Unusable(why: Self.words(error)) }
        if isOld { alert() } else { logger.notice("white list: \(age.en)") }
    }

    private static func words(_ fault: WhiteList.Fault) -> Text {
        switch fault {
        case .unreadable(let what): Text(fr: "ce n'est pas une liste de domaines en XML (\(what))", en: "it is no XML list of domains (\(what))")
        case .older: Text(fr: "elle est plus ancienne que celle en service", en: "it is older than the one in use")
        case .shrunk: Text(fr: "elle a perdu plus d'un cinquième de ses domaines", en: "it lost more than a fifth of its domains")
        }
    }

    /// The list in use. Looks at the file at most once a minute, and tells once a day that it is old; blocking: on an I/O thread.
    func current() -> WhiteList {
        let list = read()
        let now = time.now
        let isDue =
            isOld
            && state.withLock { state in
                guard now - state.told >= .seconds(86_400) else { return false }
                state.told = now
                return true
            }
        if isDue { alert() }
        return list
    }

    /// More than a week, or of an unknown date: whatever brings it has stopped.
    private var isOld: Bool { state.withLock { $0.list }.ageInDays(at: time.now.milliseconds).map { $0 > 7 } ?? true }

    private func alert() { logger.warning("alert P0653 white list: \(age.en)") }

    private func read() -> WhiteList {
        let now = time.now
        let before = state.withLock { state -> (list: WhiteList, changed: Date?)? in
            guard now - state.looked >= .seconds(60) else { return nil }
            state.looked = now
            return (state.list, state.changed)
        }
        guard let before, let changed = Self.changed(path), changed != before.changed else { return state.withLock { $0.list } }
        do throws(WhiteList.Fault) {
            guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable("absent") }
            let fresh = try WhiteList(Array(data)).replacing(before.list)
            logger.notice("white list: \(fresh.domains.count) domains, generated \(fresh.generated)")
            return state.withLock { state in
                (state.list, state.changed) = (fresh, changed)
                return fresh
            }
        } catch {
            logger.error("white list: the new file is not used, the former one stays: \(error)")
            return state.withLock { state in
                state.changed = changed
                return state.list
            }
        }
    }

    /// How old the list is, for people.
    var age: Text {
        let list = state.withLock { $0.list }
        guard let days = list.ageInDays(at: time.now.milliseconds) else {
            return Text(fr: "\(list.domains.count) domaines, date inconnue", en: "\(list.domains.count) domains, date unknown")
        }
        return Text(fr: "\(list.domains.count) domaines, \(days) jours", en: "\(list.domains.count) domains, \(days) days old")
    }

    private static func changed(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
}
