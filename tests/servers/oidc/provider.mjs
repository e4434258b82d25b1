// A certified OpenID provider (the npm package oidc-provider) on loopback. Its one argument is a JSON object:
// {port, redirect_uri, logout_uri, after_logout, secret}. It prints "ready" once it listens.
//
// Beside the protocol it takes PUT /test/accounts (claims by account), and POST /test/keys, which makes it sign with a
// new key from then on and forget the one before.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${given.port}`;
const accounts = new Map();
const stored = new Map();
let keys = 0;

class Storage {
  constructor(name) {
    this.name = name;
  }
  key(id) {
    return `${this.name}:${id}`;
  }
  async upsert(id, payload) {
    stored.set(this.key(id), payload);
  }
  async find(id) {
    return stored.get(this.key(id));
  }
  async findByUid(uid) {
    return [...stored].find(([key, value]) => key.startsWith("Session:") && value.uid === uid)?.[1];
  }
  async findByUserCode() {
    return undefined;
  }
  async consume(id) {
    const found = stored.get(this.key(id));
    if (found) found.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    stored.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, value] of stored) if (value.grantId === grantId) stored.delete(key);
  }
}

function signingKey() {
  keys += 1;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${keys}`, use: "sig", alg: "RS256" };
}

function open() {
  const provider = new Provider(issuer, {
    adapter: Storage,
    jwks: { keys: [signingKey()] },
    clients: [
      {
        client_id: "vouch",
        client_secret: given.secret,
        redirect_uris: [given.redirect_uri],
        post_logout_redirect_uris: [given.after_logout],
        backchannel_logout_uri: given.logout_uri,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    cookies: { keys: ["a key for the tests of Vouch"] },
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    findAccount: (context, id) => accounts.has(id) && { accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) },
    // By itself it tells nobody on loopback that somebody signed out.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  });
  return provider.callback();
}

let handle = open();

createServer((request, response) => {
  if (!request.url.startsWith("/test/")) return handle(request, response);
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    if (request.url === "/test/keys") handle = open();
    if (request.url === "/test/accounts") {
      accounts.clear();
      for (const [id, claims] of Object.entries(JSON.parse(body))) accounts.set(id, claims);
    }
    response.writeHead(204).end();
  });
}).listen(given.port, "127.0.0.1", () => process.stdout.write("ready\n"));
