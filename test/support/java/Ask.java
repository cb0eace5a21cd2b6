import java.io.*;
import java.nio.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import javax.net.ssl.*;

/** A platform in the manner of this field: JKS stores, blocking socket, little-endian length, one 36,000-byte read. */
public class Ask {
  public static void main(String[] args) throws Exception {
    char[] password = args[2].toCharArray();
    KeyManagerFactory own = KeyManagerFactory.getInstance("SunX509");
    own.init(load(args[0], password), password);
    TrustManagerFactory theirs = TrustManagerFactory.getInstance("SunX509");
    theirs.init(load(args[1], password));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), theirs.getTrustManagers(), null);
    // A seventh argument: so many times, one connection each, as a platform's process does.
    int times = args.length > 6 ? Integer.parseInt(args[6]) : 1;
    for (int i = 0; i < times; i++) ask(context, args);
  }

  private static void ask(SSLContext context, String[] args) throws Exception {
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(args[3]))) {
      socket.setSoTimeout(20000);
      byte[] data = Files.readAllBytes(Path.of(args[5]));
      ByteBuffer frame = ByteBuffer.allocate(data.length + 12).order(ByteOrder.LITTLE_ENDIAN);
      frame.put((byte) 0x68).putInt(data.length).put(args[4].getBytes(StandardCharsets.US_ASCII)).put(data).put((byte) 0x16);
      socket.getOutputStream().write(frame.array());
      socket.getOutputStream().flush();
      byte[] buffer = new byte[36000];
      int read = socket.getInputStream().read(buffer);
      int length = ByteBuffer.wrap(buffer, 1, 4).order(ByteOrder.LITTLE_ENDIAN).getInt();
      if (read != length + 12) throw new IOException("read " + read + " bytes of " + (length + 12) + " at once");
      System.out.write(buffer, 11, length);
      System.out.flush();
    }
  }

  private static KeyStore load(String file, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance("JKS");
    try (FileInputStream in = new FileInputStream(file)) { store.load(in, password); }
    return store;
  }
}
