// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension SocketOperation {
  /// Whether the address of a failure is the socket's own.
  fileprivate var namesOwnAddress: Bool {
    switch self {
    case .bind, .listen: true
    case .open, .setOption, .readOption, .accept, .connect, .receive, .send, .shutdown, .close,
      .resolve, .adopt,
      .giveAway, .operation:
      false
    }
  }
}

extension SocketError: CustomStringConvertible {
  /// Operation, errno, peer, attempts, and what to do, in one line.
  public var description: String {
    let subject = option.map { "\(operation.rawValue) \($0)" } ?? operation.rawValue
    var text = "\(subject) failed: \(errno) (\(errno.rawValue))"
    if let resolution { text = "\(subject) failed: \(resolution.text) (\(resolution.code))" }
    if let host { text += ", host \(host)" }
    if let peer { text += ", \(operation.namesOwnAddress ? "address" : "peer") \(peer)" }
    if attempts > 1 { text += ", after \(attempts) attempts" }
    if byteCount > 0 { text += ", after \(byteCount) bytes" }
    return text + "; " + advice
  }

  /// The remedy.
  public var advice: String {
    switch cause {
    case .timeout: "the deadline passed; allow more time or give the peer up"
    case .cancellation: "its task was cancelled"
    case .closed: "it was closed by this program"
    case .finished: "this program has ended its sending half, behind which nothing can be sent"
    case .busy: busyAdvice
    case .loopStopped: "its loop is stopping"
    case .tableFull: "raise LoopConfiguration.flightLimit or start fewer operations"
    case .badAddress: textAdvice
    case .unsuitable: adoptionAdvice
    case .unresolved: resolution.map(\.advice) ?? "the host has no addresses"
    case .badValue: "the option cannot have this value; its documentation says what it can have"
    case .directDescriptor:
      "it is a direct descriptor; set the option on its listener, or use no direct descriptors"
    case .wrongThread: "call it on the thread of the socket's loop"
    case .endOfStream: "the peer has ended the stream in the middle of a message"
    case .tooLong: "the peer's message is longer than its limit; raise that or give the peer up"
    case .file: fileAdvice
    case .descriptors: descriptorAdvice
    case .kernel: option == nil ? kernelAdvice : optionAdvice
    }
  }

  private var textAdvice: String {
    guard let addressError else { return "there is no address" }
    return operation == .connect && addressError.reason == .notNumeric
      ? "\(addressError); connect(host:port:) looks them up" : "\(addressError)"
  }

  private var optionAdvice: String {
    switch errno {
    case .protocolNotAvailable, .notSupportedOnSocket:
      "this kind of socket, or this kernel, has no such option"
    case .notPermitted, .permissionDenied:
      "this value needs rights that the process has not: CAP_NET_ADMIN for most options"
    case .noSuchFileOrDirectory, .operationNotSupportedByDevice:
      "there is nothing of this name: look at the device or the algorithm"
    case .invalidArgument:
      "the kernel does not take this value, or not any more in the socket's state"
    default:
      "the kernel refused it"
    }
  }

  private var fileAdvice: String {
    switch errno {
    case .noData: "the file is shorter than what was to be sent"
    case .badFileDescriptor: "the file's descriptor is not open, or not for reading"
    case .illegalSeek: "what was to be sent has no positions, as files have"
    case .isDirectory: "what was to be sent is a folder"
    case .invalidArgument: "a file has no bytes there"
    default: "the file could not be read"
    }
  }

  private var descriptorAdvice: String {
    switch errno {
    case .badFileDescriptor: "a descriptor that was to be passed is not open"
    case .notSupportedOnSocket: "only Unix-domain connections pass descriptors"
    case .tooManyReferences:
      "too many passed descriptors have not been received; raise RLIMIT_NOFILE or pass fewer"
    case .invalidArgument:
      "a message passes up to 253 descriptors with at least one byte, and no io_uring"
    default: "the descriptors could not be passed"
    }
  }

  private var busyAdvice: String {
    operation == .accept
      ? "the listener is served already; bind another one, or accept in one way only"
      : "another task is receiving on the connection; let one task receive at a time"
  }

  private var kernelAdvice: String {
    switch errno {
    case .addressInUse, .addressNotAvailable, .addressFamilyNotSupported: addressAdvice
    case .permissionDenied, .notPermitted:
      peer?.port == nil
        ? "not allowed; look at the rights of the socket's file and of its folder"
        : "not allowed; ports below 1024 need CAP_NET_BIND_SERVICE, and a firewall may refuse"
    case .noSuchFileOrDirectory:
      "there is no such file or folder; a server makes the file when it binds"
    case .connectionRefused:
      "nobody listens there, or the listener's backlog is full"
    case .connectionReset, .brokenPipe:
      "the peer has closed or reset the connection"
    case .timedOut:
      "the peer does not answer"
    case .tooManyOpenFiles:
      "raise RLIMIT_NOFILE, use direct descriptors, or keep fewer connections"
    case .tooManyOpenFilesInSystem:
      "the system has no descriptor left; raise the sysctl fs.file-max, or close some"
    case .resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess:
      wouldBlockAdvice
    case .noBufferSpace, .noMemory:
      "the kernel is short of memory for sockets"
    case .networkUnreachable, .noRouteToHost:
      "there is no route to the peer; look at the addresses and routes of this machine"
    case .socketNotConnected:
      "the socket is not connected, or not any more"
    case .invalidArgument:
      "the kernel does not take this argument; look at the address and the options"
    default:
      "the kernel refused it"
    }
  }

  /// The policy `.completion` tells of it only after its last attempt, and those that tell sooner
  /// are others.
  private var wouldBlockAdvice: String {
    attempts < ResubmissionPolicy.attemptLimit
      ? "it would block, which its policy tells; try later, or set the policy .completion, which waits"
      : "it would block, also after so many attempts; try later"
  }

  private var addressAdvice: String {
    let isPath = peer.map { $0.port == nil } ?? false
    if errno == .addressFamilyNotSupported {
      return "this machine has no such protocol; use an IPv4 address where there is no IPv6"
    }
    if errno == .addressInUse {
      return isPath
        ? "the file is there already; if no server uses it any more, remove it and bind again"
        : "another socket has this address; choose another port or stop the other program"
    }
    if operation != .connect { return "no interface of this machine has this address" }
    return peer?.isLoopback == true
      ? "this machine has no such loopback address, or no local port is free"
      : "no local address or port is free for this peer"
  }
}

extension SocketAddress {
  /// Whether the address is one of this machine alone: 127.0.0.0/8 or ::1.
  fileprivate var isLoopback: Bool {
    let text = description
    return text.hasPrefix("127.") || text.hasPrefix("[::1]")
  }
}
