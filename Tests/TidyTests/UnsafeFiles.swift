// SPDX-License-Identifier: Apache-2.0

/// The files of the libraries whose memory safety people have to check.
enum UnsafeFiles {
  /// By folder, with the reason why it cannot be done safely.
  private static let byFolder: [String: [String]] = [
    // What the kernel reads of NIO's buffers, files, addresses and options.
    "Sources/Integrations/NIO/Bootstraps": ["SocketFile"],
    "Sources/Integrations/NIO/Channels": [
      "FilePiece", "UringChannel", "UringChannel+Options", "UringStreamChannel+Receiving",
      "UringStreamChannel+Sending",
    ],
    "Sources/Integrations/NIO/Datagrams": ["UringDatagramChannel+Sending"],
    "Sources/Integrations/NIO/EventLoops": ["UringEventLoop"],
    "Sources/Integrations/NIO/Sockets": [
      "SendVectors", "SocketAddress+Conversion", "SocketAddressMemory",
    ],
    // Memory that the kernel writes to while nobody may read it.
    "Sources/Uring/Buffers": [
      "BufferLease", "BufferPool", "BufferPool+Completion", "BufferPool+Leases",
      "RawSpan+Bytes",
    ],
    // Questions to the kernel by C structs, and the environment.
    "Sources/Uring/Features": [
      "HiddenFeatures", "KernelFeatures+Discovery", "Ring+Trial",
    ],
    // The kernel's structs of messages, in its buffers and in a header's own memory.
    "Sources/Uring/Messages": [
      "ControlMessage", "MessageMemory", "MessageTemplate", "ReceivedMessage",
    ],
    // Writing a submission queue entry, which is the kernel's memory.
    "Sources/Uring/Requests": [
      "Request+Control", "Request+Encoding", "Request+Files", "Request+Messages",
    ],
    // The ring's C struct, its mapped queues, and plain system calls.
    "Sources/Uring/Ring": [
      "EventDescriptor", "MonotonicClock", "Pipe", "Ring", "Ring+Buffers", "Ring+Completion",
      "Ring+DirectDescriptors",
      "Ring+Kernel", "Ring+Notification", "Ring+Restriction", "Ring+Setup", "Ring+Submission",
      "Ring+Timeouts",
      "RingSetupError+Diagnosis", "ThreadAffinity",
    ],
    // Socket addresses, which are C structs of several sizes.
    "Sources/Uring/Sockets": [
      "AcceptedAddress", "SocketAddress+PacketInfo", "SocketAddress+Parsing",
      "SocketAddress+Sockaddr",
    ],
    // Fixed tables of requests in flight and of waits, and queues, indexed by numbers of their own.
    "Sources/CompletionIO/Flights": [
      "FlightTable", "LentQueue", "QueueStorage", "RingQueue", "SendPiece", "TimerEntries",
      "TimerWheelMemory", "TimerWheels", "WaitTable",
    ],
    // Memory that requests point to, which is used during a call, and headers of messages.
    "Sources/CompletionIO/Readiness": [
      "CompletionQueue", "LinuxCalls", "ReadinessKernel", "ReadinessKernel+Connections",
      "ReadinessKernel+Messages", "ReadinessKernel+Receive", "ReadinessKernel+Send",
    ],
    // The loop's own memory, its thread, its continuations, plain system calls, and the
    // family in a socket address that a request points to.
    "Sources/CompletionIO/Loop": [
      "CompletionLoop", "CompletionLoop+Delivery", "CompletionLoop+Executor",
      "CompletionLoop+Operations", "CompletionLoop+Waiting", "OperationDelegate",
      "CompletionLoopGroup", "CompletionLoopGroup+Shutdown", "HostedKernel", "HostedLoop",
      "KernelChoice",
      "LoopCore+Controls", "LoopCore+Mistakes", "LoopCore+Settle", "LoopIsolation",
      "LoopSerialExecutor", "LoopThread", "MemberQueue", "Parking", "Request+AddressFamily",
      "SocketCalls", "StaleFile", "WakeReader",
    ],
    // What a signal's handler reads, and sigaction(2).
    "Sources/CompletionIO/Loop/Signals": [
      "SignalHandlers", "SignalTable",
    ],
    // An array's bytes, borrowed for a send or a copy, and the environment.
    "Sources/CompletionIO/Sockets": [
      "InheritedSockets", "StreamConnection+Gathered", "StreamConnection+Passing",
      "StreamConnection+Queueing", "StreamConnection+Send",
    ],
    // A `msghdr` with its parts, the numbers in control messages, borrowed bytes.
    "Sources/CompletionIO/Datagrams": [
      "ControlWriter", "Datagram+Control", "DatagramEndpoint", "DatagramSocket+Send",
      "MessageBlock", "MulticastGroup", "OutgoingDatagram",
    ],
    // getaddrinfo(3), its list of addresses, and its threads.
    "Sources/CompletionIO/Streams/Hosts": [
      "HostResolver", "ResolverThreads",
    ],
    // Borrowed and leased memory that a request points to.
    "Sources/CompletionIO/Streams": [
      "ConnectAttempt", "DescriptorMessage", "DescriptorSend", "FileBuffers", "FileSend",
      "GatheredMessage", "LentMemory", "PeerMemory", "PipePassage", "PipedSend", "SeamBuffer",
      "SocketStream",
      "SocketStream+Delegate", "SocketStream+Receiving", "SocketStream+Sending",
    ],
    // The batch that completions are copied to, and the memory that requests lend.
    "Sources/SimulatedKernel/Ring": [
      "SimulatedRing+Kernel", "SimulatedRing+Splice", "UserMemory", "UserMessages",
    ],
    "Sources/SimulatedKernel/Simulation": [
      "DrivenKernel", "SimulationStage",
    ],
    // Bytes between a program's memory and a socket's.
    "Sources/SimulatedKernel/Sockets": [
      "ByteQueue"
    ],
    // The array that epoll_wait(2) fills.
    "Sources/ReadinessIO/EpollPoller": [
      "EpollPoller", "EpollPoller+Watching",
    ],
    // An eventfd that wakes a poller.
    "Sources/ReadinessIO/Poller": [
      "PollerWaker"
    ],
    // The batch that completions are copied to.
    "Sources/ReadinessIO/RingPoller": [
      "EpollRegister", "RingPoller", "RingPoller+Descriptor", "RingPoller+Files",
      "RingPoller+Polls", "RingPoller+Wait",
      "ThreadMark",
    ],
    // Plain system calls on memory that the caller lends.
    "Sources/ReadinessIO/Sockets": [
      "NonblockingSocket+Connecting", "NonblockingSocket+Listening", "NonblockingSocket+Transfer",
      "SocketCalls", "WaitlessCalls",
    ],
    // Raw rings, memory and sockets for checks of the kernel; the checks themselves are safe.
    "Sources/KernelChecks/Support": [
      "CheckThread", "PinnedMemory", "RawRing", "RawRing+Calls", "RawRing+Registration",
      "TestSocket", "TestSocket+Calls", "ThreadRights",
    ],
    // The kernel's release, a C struct.
    "Sources/KernelChecks/Check": [
      "Machine"
    ],
  ]

  /// Paths from the package's root.
  static let listed = Set(
    byFolder.flatMap { folder, names in names.map { "\(folder)/\($0).swift" } })
}
