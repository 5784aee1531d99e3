/** Rows 34-45 of the bad inputs, as far as the router decides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, hasReason } from "../../../shared/errors.ts";
import { decodeSegment, Router, type Method } from "../../../shared/http/router.ts";

function route(method: Method, path: string) {
  return { method, path, handle: () => {} };
}

const router = new Router([
  route("GET", "/"),
  route("GET", "/products"),
  route("POST", "/products"),
  route("GET", "/products/:name"),
  route("POST", "/orders"),
  route("GET", "/orders/:number"),
  route("POST", "/orders/find"),
  route("POST", "/update_c/:id/:cost"),
]);

test("a path finds its route, with parameters still encoded", () => {
  const find = (method: string, path: string) => {
    const { route, params } = router.find(method, path);
    return [route.path, ...params];
  };
  assert.deepEqual(find("GET", "/"), ["/"]);
  assert.deepEqual(find("GET", "/products"), ["/products"]);
  assert.deepEqual(find("GET", "/products/Tux"), ["/products/:name", "Tux"]);
  assert.deepEqual(find("HEAD", "/products/a%2Fb"), ["/products/:name", "a%2Fb"]);
  assert.deepEqual(find("GET", "/products/.."), ["/products/:name", ".."]);
  assert.deepEqual(find("POST", "/orders/find"), ["/orders/find"]);
  assert.deepEqual(find("POST", "/update_c/1/2.5"), ["/update_c/:id/:cost", "1", "2.5"]);
});

test("what is not exactly a known path is not found", () => {
  const paths = ["/nothing", "/products/", "//products/x", "/products/a/b", "/products/../orders/1",
    "/Products", "", "*", "/orders/1/", "/update_c/1", "/update_c//2", "/productsx", "/__proto__"];
  for (const path of paths) {
    assert.throws(() => router.find("GET", path), (error) => hasReason(error, "not_found"), path);
  }
});

test("a known path with another method names those it has", () => {
  const allowOf = (method: string, path: string): unknown => {
    try {
      router.find(method, path);
    } catch (error) {
      assert(error instanceof AppError && error.reason === "method_not_allowed");
      return error.details["allow"];
    }
    return "found";
  };
  assert.equal(allowOf("DELETE", "/products"), "GET, HEAD, POST");
  assert.equal(allowOf("TRACE", "/products/Tux"), "GET, HEAD");
  assert.equal(allowOf("OPTIONS", "/orders"), "POST");
  assert.equal(allowOf("GET", "/orders"), "POST");
  assert.equal(allowOf("HEAD", "/orders"), "POST");
});

test("two routes for one method and path are a mistake", () => {
  const twice = [route("GET", "/a/:x"), route("GET", "/a/:y")];
  assert.throws(() => new Router(twice), /Two routes/);
});

test("a segment decodes, or is refused", () => {
  assert.equal(decodeSegment("Tux"), "Tux");
  assert.equal(decodeSegment("a%2Fb%20c"), "a/b c");
  assert.equal(decodeSegment("%E2%98%83+"), "☃+");
  for (const raw of ["%", "%zz", "%ff", "%C0%AF", "%ED%A0%80", "é", "a b", "%e2%98"]) {
    assert.throws(() => decodeSegment(raw), (error) => hasReason(error, "bad_request"), raw);
  }
});

test("a hidden route is served and told to nobody", () => {
  const handle = (): void => {};
  const router = new Router([
    { method: "GET", path: "/things", handle },
    { method: "POST", path: "/things", handle, hidden: true },
    { method: "POST", path: "/secrets", handle, hidden: true },
  ]);
  assert.equal(router.find("POST", "/things").route.hidden, true);
  assert.throws(() => router.find("PUT", "/things"), { details: { allow: "GET, HEAD" } });
  assert.throws(() => router.find("PUT", "/secrets"), { reason: "not_found" });
});
