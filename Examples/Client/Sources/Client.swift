// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc

/// Gets pages over HTTP/1.1, by a small pool of connections, with deadlines and retries.
@main
struct Client {
  static func main() async {
    guard let options = ClientOptions(CommandLine.arguments.dropFirst()) else {
      tell(ClientOptions.usage)
      exit(64)
    }
    do {
      let failureCount = try await CompletionLoopGroup.with(count: 1) { group in
        let client = HTTPClient(
          pool: ConnectionPool(on: group.loops[0], idleLimit: options.parallelCount),
          timeout: options.timeout, retryLimit: options.retryLimit)
        return await getAll(options, by: client)
      }
      exit(failureCount == 0 ? 0 : 1)
    } catch {
      tell("client: \(error)")
      exit(1)
    }
  }

  /// Gets everything that was asked for, several at a time.
  ///
  /// - Returns: How many requests were not answered.
  private static func getAll(_ options: ClientOptions, by client: HTTPClient) async -> Int {
    var targets = options.targets.makeIterator()
    return await withTaskGroup(of: Bool.self) { tasks in
      var failureCount = 0
      for _ in 0..<options.parallelCount {
        if let target = targets.next() { tasks.addTask { await get(target, by: client) } }
      }
      for await isAnswered in tasks {
        if !isAnswered { failureCount += 1 }
        if let target = targets.next() { tasks.addTask { await get(target, by: client) } }
      }
      return failureCount
    }
  }

  /// Gets one page, and prints what has come of it.
  ///
  /// - Returns: Whether there was an answer, whatever its status.
  private static func get(_ target: HTTPTarget, by client: HTTPClient) async -> Bool {
    do {
      let answer = try await client.perform(HTTPRequest(target))
      let use = answer.isReused ? "reused" : "new"
      print(
        "\(answer.head.status) \(answer.head.reason), \(answer.body.count) bytes,",
        "connection \(answer.connectionNumber) (\(use)), \(target)")
      return true
    } catch {
      tell("client: \(target): \(error)")
      return false
    }
  }

  private static func tell(_ text: String) {
    let line = "\(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
  }
}
