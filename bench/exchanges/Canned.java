import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.util.concurrent.*;
import javax.net.ssl.*;

/** What this field runs: a blocking SSL socket server with a thread pool, one 36,000-byte read, a canned answer. */
public class Canned {
    public static void main(String[] args) throws Exception {
        char[] password = args[2].toCharArray();
        byte[] frame = Files.readAllBytes(Path.of(args[3]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store(args[0], password), password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("SunX509");
        trust.init(store(args[1], password));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(0, 512, InetAddress.getByName("127.0.0.1"));
        server.setNeedClientAuth(true);
        ExecutorService pool = Executors.newFixedThreadPool(50);
        System.out.println("ready " + server.getLocalPort());
        while (true) {
            Socket socket = server.accept();
            pool.execute(() -> {
                try (socket) {
                    socket.setTcpNoDelay(true);
                    byte[] buffer = new byte[36000];
                    int read = socket.getInputStream().read(buffer);
                    if (read > 0) socket.getOutputStream().write(frame);
                    socket.getOutputStream().flush();
                } catch (IOException refused) {
                    // The benchmark counts what was answered.
                }
            });
        }
    }

    static KeyStore store(String file, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) { store.load(in, password); }
        return store;
    }
}
