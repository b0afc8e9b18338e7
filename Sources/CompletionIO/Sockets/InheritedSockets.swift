// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import SystemPackage

/// A socket that the service manager has opened for this process.
public struct InheritedSocket: Sendable {
  /// What the service manager calls it (`FileDescriptorName=`); `unknown` without a name.
  public let name: String
  /// The descriptor; the listener's if there is one, else the caller's.
  public let descriptor: FileDescriptor
  /// The listener; `nil` for what is no listening stream socket, such as a datagram socket.
  public let listener: StreamListener?
}

/// What the environment says of inherited descriptors: sd_listen_fds(3).
struct InheritedDescriptors: Equatable {
  /// Names by the order of their descriptors.
  private(set) var names: [String] = []

  static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
  /// SD_LISTEN_FDS_START.
  static let first: Int32 = 3

  /// Reads the variables.
  ///
  /// - Parameters:
  ///   - environment: The three variables, those that are set.
  ///   - processID: Variables for another process are not for this one.
  /// - Throws: EINVAL for variables that make no sense.
  init(_ environment: [String: String], processID: Int32) throws(SocketError) {
    guard let process = environment["LISTEN_PID"], let text = environment["LISTEN_FDS"] else {
      return
    }
    guard let addressee = Int32(process), let count = Int32(text), addressee > 0, count >= 0,
      count <= Int32.max - Self.first
    else { throw SocketError(.adopt, .invalidArgument, cause: .badValue) }
    guard addressee == processID else { return }
    names = Array(repeating: "unknown", count: Int(count))
    guard let list = environment["LISTEN_FDNAMES"] else { return }
    let given = list.split(separator: ":", omittingEmptySubsequences: false)
    guard given.count == names.count || (list.isEmpty && names.isEmpty) else {
      throw SocketError(.adopt, .invalidArgument, cause: .badValue)
    }
    if !names.isEmpty { names = given.map(String.init) }
  }

  /// Takes the variables out of this process's environment, so that children do not think that they
  /// are meant.
  static func takeEnvironment() -> [String: String] {
    var environment: [String: String] = [:]
    for variable in variables {
      guard let value = unsafe getenv(variable) else { continue }
      environment[variable] = unsafe String(cString: value)
      unsafe unsetenv(variable)
    }
    return environment
  }
}

extension StreamListener {
  /// The sockets that the service manager has opened for this process (systemd's socket activation),
  /// with a listener for each that listens for streams.
  ///
  /// The variables `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` are unset, so a second call returns
  /// none. Call it early, while no other thread reads the environment (getenv(3)).
  ///
  /// - Parameters:
  ///   - group: The listeners accept on its loops, each on the next.
  ///   - options: Of accepted connections (``SocketOptions/setOnAccepted(_:to:)``).
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now".
  /// - Returns: The sockets in the order of their descriptors, 3 and up; none if this process was
  ///   started in another way.
  /// - Throws: ``SocketError`` with EINVAL, cause `.badValue`, for variables that make no sense; EBADF,
  ///   cause `.unsuitable`, for a descriptor that is not open; ENOBUFS, ESHUTDOWN.
  ///
  /// The corresponding function of libsystemd is `sd_listen_fds_with_names`.
  public static func inherited(
    on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
    policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> [InheritedSocket] {
    let inherited = try InheritedDescriptors(
      InheritedDescriptors.takeEnvironment(), processID: getpid())
    return try await adopt(
      inherited, from: InheritedDescriptors.first, on: group, options: options, policy: policy)
  }

  static func adopt(
    _ inherited: InheritedDescriptors, from first: Int32, on group: CompletionLoopGroup,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> [InheritedSocket] {
    var sockets: [InheritedSocket] = []
    for (index, name) in inherited.names.enumerated() {
      let descriptor = FileDescriptor(rawValue: first + Int32(index))
      var listener: StreamListener?
      do throws(SocketError) {
        listener = try await adopt(descriptor, on: group.next(), options: options, policy: policy)
      } catch {
        guard error.cause == .unsuitable, error.errno != .badFileDescriptor else { throw error }
        group.loops[0].socketCalls.closeOnExec(descriptor)
      }
      sockets.append(InheritedSocket(name: name, descriptor: descriptor, listener: listener))
    }
    return sockets
  }
}
