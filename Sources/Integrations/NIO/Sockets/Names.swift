#if NIO
internal import SystemPackage

/// A descriptor, not NIO's protocol of the same name.
typealias FileDescriptor = SystemPackage.FileDescriptor
#endif
