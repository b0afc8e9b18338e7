// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import CompletionIO

/// The page "Resubmission policies" and the table of the tests, which the function is compared with.
@Suite struct PolicyPageTests {
  private typealias Column = PolicyTable.Column
  private typealias Cell = PolicyTable.Cell

  private static let words: [String: PolicyTable.Cell] = [
    "policy": .wouldBlock, "policy, pausing": .backlogFull, "again": .again,
    "again, always": .gone, "pause": .pause, "pause, always": .scarce,
    "descriptor": .descriptor, "buffer": .buffer, "writable": .inProgress,
    "writable, always": .writability, "SO_ERROR": .pendingError, "less": .drop,
    "caller": .terminal,
  ]

  private static let errnos: [String: Errno] = [
    "EAGAIN": .resourceTemporarilyUnavailable, "EINPROGRESS": .nowInProgress,
    "EALREADY": .alreadyInProcess, "EISCONN": .socketIsConnected, "EINTR": .interrupted,
    "ECANCELED": .canceled, "ENOBUFS": .noBufferSpace, "ENOMEM": .noMemory,
    "EMFILE": .tooManyOpenFiles, "ENFILE": .tooManyOpenFilesInSystem,
    "ECONNABORTED": .connectionAbort, "EPROTO": .protocolError, "EPERM": .notPermitted,
    "EINVAL": .invalidArgument, "EOPNOTSUPP": .notSupportedOnSocket,
  ]

  /// The kinds of requests in each column of the page.
  private static let columns: [[PolicyTable.Column]] = [
    [.accept, .acceptMany],
    [.receive, .receivePooled, .receiveMany, .receiveMessage, .receiveMessages],
    [.send, .sendMessage, .sendZeroCopy], [.connect], [.connectUnix], [.read, .poll],
  ]

  private static let qualified: [String: [PolicyTable.Column]] = [
    "multishot": [.acceptMany, .receiveMany, .receiveMessages],
    "pool": [.receivePooled, .receiveMany, .receiveMessage, .receiveMessages],
    "messages": [.receiveMessage, .receiveMessages], "zero copy": [.sendZeroCopy],
  ]

  @Test func theTableOfThePageIsTheTableOfTheTests() throws {
    var listed: [Errno: [Column: Cell]] = [:]
    for line in try Self.page().split(separator: "\n") {
      let parts = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 7, parts[0].hasPrefix("E"), parts[0] != "Errno" else { continue }
      let error = try #require(Self.errnos[parts[0]], "\(parts[0])")
      #expect(listed[error] == nil, "\(parts[0]) is listed twice")
      listed[error] = try Self.cells(Array(parts.dropFirst()))
    }
    #expect(listed.count == Self.errnos.count)
    for row in PolicyTable.rows {
      for column in Column.allCases {
        let said = listed[row.error]?[column] ?? .terminal
        #expect(said == row[column], "\(row.error), \(column)")
      }
    }
  }

  private static func cells(_ texts: [String]) throws -> [Column: Cell] {
    var cells: [Column: Cell] = [:]
    for (group, text) in zip(columns, texts) {
      for column in group { cells[column] = .terminal }
      for part in text.components(separatedBy: "; ") {
        let pieces = part.components(separatedBy: ":* ")
        let cell = try #require(words[pieces[pieces.count - 1]], "\(part)")
        guard pieces.count == 2 else {
          for column in group { cells[column] = cell }
          continue
        }
        let named = try #require(qualified[String(pieces[0].dropFirst())], "\(part)")
        for column in named where group.contains(column) { cells[column] = cell }
      }
    }
    return cells
  }

  private static func page(file: String = #filePath) throws -> String {
    let root = (0..<4).reduce(URL(fileURLWithPath: file)) { url, _ in
      url.deletingLastPathComponent()
    }
    let path = "Sources/CompletionIO/CompletionIO.docc/ResubmissionPolicies.md"
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
