// SPDX-License-Identifier: Apache-2.0

extension ScaleServer {
  /// Memory of the server's own for a connection, in bytes, as measured; for foreign ones a guess.
  var userBytesPerConnection: Int {
    switch self {
    case .engine(.completionHandler): 450
    case .engine(.completionAsync): 2_050
    case .engine(.completionHandlerReadiness): 600
    case .engine(.completionAsyncReadiness): 2_200
    case .engine(.readinessEpoll): 150
    case .engine(.readinessRing): 300
    case .engine(.nio), .engine(.nioUring): 7_000
    // A thread's stacks, in the program and in the kernel, and the used part of its buffer.
    case .engine(.blockingThreads): 36_000
    case .foreign: 2_000
    }
  }

  var hasThreadPerConnection: Bool { self == .engine(.blockingThreads) }

  /// Whether the server, like the load, has its connections in epoll; nil when nobody knows.
  var usesEpoll: Bool? {
    switch self {
    case .engine(.completionHandler), .engine(.completionAsync), .engine(.nioUring): false
    case .engine(.completionHandlerReadiness), .engine(.completionAsyncReadiness): true
    case .engine(.readinessEpoll), .engine(.nio): true
    case .engine(.readinessRing), .engine(.blockingThreads): false
    case .foreign: nil
    }
  }
}
