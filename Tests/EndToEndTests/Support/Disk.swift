import Foundation

/// A small disk of its own, mounted in the workspace; needs the right to mount.
final class Disk {
    let path: String
    private let workspace: Workspace
    private let image: String?

    /// A tmpfs whose size is changed at will; nil, with a line printed, where mounting is not possible.
    static func memory(_ workspace: Workspace, megabytes: Int = 600) -> Disk? {
        made("a full disk") { try Disk(workspace, image: nil, ["-t", "tmpfs", "-o", "size=\(megabytes)m", "passerelle-test"]) }
    }

    /// An ext4 in a file, which turns itself read-only at an error, as real disks do.
    static func file(_ workspace: Workspace, megabytes: Int = 600) -> Disk? {
        made("a disk that turns read-only") {
            let image = workspace.path("disk.img")
            try workspace.run("/usr/bin/truncate", ["-s", "\(megabytes)m", image])
            try workspace.run("/usr/sbin/mkfs.ext4", ["-q", "-F", image])
            let disk = try Disk(workspace, image: image, ["-o", "loop,errors=remount-ro", image])
            guard FileManager.default.isWritableFile(atPath: try disk.trigger()) else { throw Failure("no trigger_fs_error") }
            return disk
        }
    }

    private static func made(_ what: String, _ make: () throws -> Disk) -> Disk? {
        do { return try make() } catch {
            print("skipped: \(what): mounting is not possible here (\(String(describing: error).prefix(200)))")
            return nil
        }
    }

    private init(_ workspace: Workspace, image: String?, _ arguments: [String]) throws {
        (self.workspace, self.image, path) = (workspace, image, workspace.path("disk"))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try workspace.run("/usr/bin/mount", arguments + [path])
    }

    deinit { _ = try? workspace.run("/usr/bin/umount", ["-l", path], status: nil) }

    /// Bytes in use.
    var used: Int {
        var status = statvfs()
        statvfs(path, &status)
        return Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize)
    }

    /// Leaves this many bytes free. Of a tmpfs; whole pages. Who writes meanwhile may need more than there was: then once more.
    func leave(_ bytes: Int) throws {
        var tries = 0
        while true {
            tries += 1
            do {
                try workspace.run("/usr/bin/mount", ["-o", "remount,size=\((used + bytes) / 4096 * 4096)", path])
                return
            } catch { if tries == 50 { throw error } }
        }
    }

    /// An error of the file system: it turns read-only under whoever has files open on it.
    func fail() throws { try Data("passerelle\n".utf8).write(to: URL(fileURLWithPath: trigger())) }

    /// What a person does: unmounts, checks the file system, mounts it again.
    func mend() throws {
        guard let image else { return }
        try workspace.run("/usr/bin/umount", [path])
        try workspace.run("/usr/sbin/e2fsck", ["-f", "-y", image], status: nil)
        try workspace.run("/usr/bin/mount", ["-o", "loop,errors=remount-ro", image, path])
    }

    private func trigger() throws -> String {
        let device = try workspace.run("/usr/bin/findmnt", ["-no", "SOURCE", path]).trimmingCharacters(in: .whitespacesAndNewlines)
        return "/sys/fs/ext4/\(device.split(separator: "/").last ?? "")/trigger_fs_error"
    }
}
