// The routes, as /openapi.json describes them.

import { byId, element, table } from "./dom.js";

const nameOf = (content) => content?.["application/json"]?.schema?.$ref?.split("/").pop() ?? "";

function kindOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" or ");
  if (schema.type === "array") return `list of ${kindOf(schema.items)}`;
  if (schema.properties) return `{${Object.entries(schema.properties).map(([key, one]) => `${key}: ${kindOf(one)}`).join(", ")}}`;
  return [schema.type ?? "any"].flat().join(" or ");
}

function bounds(schema) {
  const names = { default: "default", minimum: "from", maximum: "to", maxLength: "characters up to", maxItems: "up to" };
  return Object.entries(names).filter(([key]) => key in schema).map(([key, word]) => `${word} ${schema[key]}`).join(", ");
}

function operation(path, method, one) {
  const parameters = one.parameters.map((given) => [
    given.name, given.required ? "yes" : "", kindOf(given.schema), bounds(given.schema), given.description ?? "",
  ]);
  const answers = Object.entries(one.responses).map(([status, answer]) => [status, nameOf(answer.content), answer.description]);
  return element("section", {}, element("h2", {}, element("code", {}, `${method.toUpperCase()} ${path}`)),
    element("p", {}, `${one.summary}.`),
    one.requestBody ? element("p", {}, "Body: ", element("code", {}, nameOf(one.requestBody.content))) : null,
    parameters.length ? table(["parameter", "needed", "kind", "bounds", "what it is"], parameters) : null,
    table(["status", "answer", "when"], answers));
}

const read = await (await fetch("/openapi.json")).json();
const routes = Object.entries(read.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => operation(path, method, one)));
const schemas = Object.entries(read.components.schemas).map(([name, schema]) => [name, kindOf(schema)]);
byId("routes").replaceChildren(element("p", {}, read.info.description), ...routes,
  element("h2", {}, "Answers"), table(["name", "what it is"], schemas));
