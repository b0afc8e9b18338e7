// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Glibc
import Testing

@testable import uring_bench

@Suite("The command scale", .timeLimit(.minutes(2)))
struct ScaleCommandTests {
  /// What the test reads of scale.json.
  private struct Report: Decodable {
    struct Sample: Decodable {
      struct Phase: Decodable {
        let messages: Int
        let lostMessages: Int
        let badBytes: Int
        let p99: Double
      }

      struct Load: Decodable {
        let window: Int
        let closed: Phase
        let open: Phase
      }

      let server: String
      let connections: Int
      let established: Int
      let errors: Int
      let failure: String?
      let sweep: Phase
      let loads: [Load]
    }

    let samples: [Sample]
  }

  @Test("measures its default engines, and writes a page and pictures")
  func endToEnd() async throws {
    let folder = try Self.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = try #require(Self.program)
    let ended = try await onThread {
      let arguments = [
        "scale", "--connections", "200", "--hold", "0", "--seconds", "1", "--active", "0.05,0.5",
        "--report", folder,
      ]
      let process = try ChildProcess(arguments, program: program, silencesErrors: true)
      return process.end(with: nil, within: 100)
    }
    #expect(ended.code == 0, "\(ended.lines)")
    #expect(ended.lines.contains { $0.hasPrefix("completion-async ") })
    let json = try #require(TextFile.read(folder + "/scale.json"))
    let report = try JSONDecoder().decode(Report.self, from: Data(json.utf8))
    #expect(report.samples.map(\.server) == ["completion-handler", "completion-async"])
    for sample in report.samples { Self.check(sample) }
    let page = try #require(TextFile.read(folder + "/scale.html"))
    #expect(page.contains("<svg") && !page.contains("<script"))
    for name in ["cpu", "memory", "latency"] {
      let picture = TextFile.read("\(folder)/scale-\(name).svg")
      #expect(picture?.hasPrefix("<svg xmlns") == true, "\(name)")
    }
  }

  private static func check(_ sample: Report.Sample) {
    #expect(sample.errors == 0 && sample.failure == nil)
    #expect(sample.connections == 200 && sample.established == 200)
    #expect(sample.sweep.messages == 200)
    #expect(sample.loads.map(\.window) == [10, 100])
    for load in sample.loads {
      #expect(load.closed.messages > 0 && load.open.messages > 0)
      #expect(load.closed.lostMessages + load.open.lostMessages == 0)
      #expect(load.closed.badBytes + load.open.badBytes == 0)
    }
  }

  @Test("refuses options that mean nothing")
  func options() throws {
    for arguments in [
      ["--active", "0"], ["--active", "1.5"], ["--connections", "4000001"], ["--size", "0"],
      ["--server", "c=echo"], ["--server", "completion-async=echo {port}"], ["--hold", "-1"],
    ] {
      #expect(throws: (any Error).self, "\(arguments)") { try ScaleCommand.parse(arguments) }
    }
    let command = try ScaleCommand.parse(["--active", "0.01,0.5", "--server", "c=echo {port}"])
    #expect(command.active == [0.01, 0.5])
    #expect(command.connections.last == 1_000_000)
  }

  @Test("serve has direct descriptors on rings only")
  func directDescriptors() throws {
    let direct = ["--direct-descriptors", "100"]
    for engine in EngineName.allCases {
      let arguments = ["--engine", engine.rawValue, "--port", "0"] + direct
      if engine.hasDirectDescriptors {
        #expect(try ServeCommand.parse(arguments).directDescriptors == 100)
      } else {
        #expect(throws: (any Error).self) { try ServeCommand.parse(arguments) }
      }
    }
    let count = ["--port", "0", "--buffer-count"]
    #expect(throws: (any Error).self) {
      try ServeCommand.parse(["--engine", "completion-async"] + count + ["3"])
    }
    #expect(throws: (any Error).self) {
      try ServeCommand.parse(["--engine", "nio"] + count + ["4"])
    }
  }

  /// The program beside the tests: a bundle of tests, or a helper that was told of one.
  private static var program: String? {
    var link = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &link, link.count)
    let bytes = link.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let own = String(decoding: bytes, as: UTF8.self)
    for path in [own] + CommandLine.arguments where path.contains(".xctest") {
      let folders = path.split(separator: "/", omittingEmptySubsequences: false)
      guard let bundle = folders.firstIndex(where: { $0.hasSuffix(".xctest") }) else { continue }
      return folders[..<bundle].joined(separator: "/") + "/uring-bench"
    }
    return nil
  }

  private static func makeFolder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.path(percentEncoded: false)
    var template = Array("\(folder)/uring-bench-scale-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
