// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage

/// Serves HTTP/1.1 until it is told to end.
@main
enum HTTPServerCommand {
  static func main() async {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      tell(.standardError, Options.usage)
      exit(64)
    }
    do {
      try await run(options)
    } catch {
      tell(.standardError, "HTTPServer: \(error)\n")
      exit(1)
    }
  }

  private static func run(_ options: Options) async throws {
    let files = try options.root.map { root in
      do throws(Errno) {
        return try StaticFiles(root: root)
      } catch {
        throw UnusableRoot(path: root, errno: error)
      }
    }
    let signals = try CaughtSignals([.terminate, .interrupt])
    let group = try CompletionLoopGroup(count: options.loopCount)
    let listener = try await StreamListener.bind(
      to: .loopback(port: options.port), on: group)
    let server = Server(listener, Service(files: files), options.limits)
    async let serving: Void = server.serve(in: options.style)
    tell(.standardOutput, "listening on \(listener.localAddress)\n")
    _ = try await signals.next(on: group.loops[0])
    let forcedCount = try await server.end(group, grace: options.grace)
    try await serving
    if forcedCount > 0 { tell(.standardError, "\(forcedCount) connections were cut off\n") }
  }

  /// Writes at once, so that who has started the process can wait for the line.
  private static func tell(_ output: FileDescriptor, _ text: String) {
    _ = try? output.writeAll(text.utf8)
  }
}

/// The folder of `--root` cannot be served.
struct UnusableRoot: Error, CustomStringConvertible {
  let path: String
  let errno: Errno

  var description: String { "cannot open the folder \(path): \(errno)" }
}
