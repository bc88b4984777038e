import Foundation
import Testing

@Suite("House rules")
struct HouseRuleTests {
    @Test("no file of ours is longer than 500 lines")
    func length() {
        for file in Repository.swiftFiles("Sources") + Repository.swiftFiles("Tests") {
            #expect(file.lines.count <= 501, "\(file.path) has \(file.lines.count - 1) lines")
        }
    }

    @Test("the model of the simulation, which says what is allowed, has at most 300 lines")
    func model() throws {
        #expect(try #require(Repository.text("Sources/Simulation/Model/Model.swift")).split(separator: "\n", omittingEmptySubsequences: false).count <= 301)
    }

    @Test("swift format finds nothing to say")
    func format() throws {
        let lint = Process()
        lint.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        lint.arguments = ["swift", "format", "lint", "--strict", "--parallel", "--recursive", "Sources", "Tests", "Package.swift"]
        lint.currentDirectoryURL = Repository.root
        let output = Pipe()
        lint.standardOutput = output
        lint.standardError = output
        // Foundation can crash when two threads start a process at the same moment: one at a time, in all modules of tests.
        let lock = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        flock(lock, LOCK_EX)
        try lint.run()
        close(lock)
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        lint.waitUntilExit()
        #expect(lint.terminationStatus == 0, "\(said.prefix(4000))")
    }

    @Test("nothing in Sources is left to do later, and nothing gives up with fatalError")
    func unfinished() {
        let words = ["TODO", "FIXME", "XXX:", "fatalError("]
        for (file, number, line) in sourceLines() {
            for word in words where line.contains(word) { Issue.record("\(file.path):\(number): \(word)") }
        }
    }

    @Test("every @unchecked Sendable and nonisolated(unsafe) is proved by a sentence above or beside it")
    func unchecked() {
        for file in Repository.swiftFiles("Sources") {
            for (index, line) in file.lines.enumerated() where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                let above = index > 0 ? file.lines[index - 1].drop(while: \.isWhitespace) : ""
                #expect(line.contains("//") || above.hasPrefix("//"), "\(file.path):\(index + 1): say why this is safe")
            }
        }
    }

    @Test("no path of somebody's machine stands in code, tests, scripts or documents")
    func machinePaths() {
        let folders = ["home", "root", "work", "Users"]
        let others = ["README.md", "Package.swift", ".ci/run", "Deploy/test.sh", "Deploy/demo.sh"].compactMap { path in
            Repository.text(path).map { SourceFile(path: path, text: $0) }
        }
        for file in Repository.swiftFiles("Sources") + Repository.swiftFiles("Tests") + others {
            for (index, line) in file.lines.enumerated() {
                for folder in folders {
                    let found = line.ranges(of: "/\(folder)/").contains { range in
                        range.lowerBound == line.startIndex || " \"'=(:`".contains(line[line.index(before: range.lowerBound)])
                    }
                    #expect(!found, "\(file.path):\(index + 1) names a folder of one machine")
                }
            }
        }
    }

    @Test(".ci/run calls exactly the test command of the README")
    func testCommand() throws {
        let readme = try #require(Repository.text("README.md")), run = try #require(Repository.text(".ci/run"))
        let commands = run.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("set ") && !$0.hasPrefix("cd ") }
        #expect(commands == ["Deploy/test.sh"])
        #expect(readme.split(separator: "\n").contains("Deploy/test.sh"), "the README does not give the test command")
    }

    @Test("every target has its folder of tests, and the licence is Apache 2.0")
    func layout() throws {
        let without: Set<String> = ["passerelle", "passerelle-simulate", "PipelineTesting"]  // shown by EndToEnd, and by the tests that use it
        for folder in Repository.folders("Sources") where !without.contains(folder) && Repository.text("Sources/\(folder)/module.modulemap") == nil {
            #expect(!Repository.swiftFiles("Tests/\(folder)Tests").isEmpty, "\(folder) has no tests")
        }
        #expect(try #require(Repository.text("LICENSE")).contains("Version 2.0, January 2004"))
    }

    @Test("every code of ours has its paragraph in `passerelle help`")
    func codes() {
        let book = Set(Repository.swiftFiles("Sources").filter { $0.path.contains("/Help/") }.flatMap { $0.lines }.flatMap(Self.codes))
        for (file, number, line) in sourceLines() where file.module != "PipelineTesting" && !file.path.contains("/Help/") {
            for code in Self.codes(line) { #expect(book.contains(code), "\(file.path):\(number): \(code) has no paragraph") }
        }
    }

    /// The quoted codes (`"P0123"`) of a line.
    private static func codes(_ line: Substring) -> [String] {
        line.split(separator: "\"").map(String.init).filter { $0.utf8.count == 5 && $0.first == "P" && $0.dropFirst().allSatisfy(\.isNumber) }
    }

    private func sourceLines() -> [(SourceFile, Int, Substring)] {
        Repository.swiftFiles("Sources").flatMap { file in file.lines.enumerated().map { (file, $0.offset + 1, $0.element) } }
    }
}
