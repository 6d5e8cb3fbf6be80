import {
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  Min,
} from 'class-validator';
import { type FieldDecorator, Meaning, Nullable } from '../catalog/field-marks.js';

/** `2026-11-20T07:29:26Z`: UTC, no fraction. */
export const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
/** `2026-11-20 07:00:00`: as audit periods are written. */
const AUDIT_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

type Rule = FieldDecorator | PropertyDecorator;

/** Several decorators as one, applied from the last to the first, as if they stood above each other. */
function field(meaning: string, ...rules: readonly Rule[]): FieldDecorator {
  return (target, name) => {
    for (const rule of [Meaning(meaning), ...rules].toReversed()) rule(target, name);
  };
}

/** The same, or null; the key is there all the same. */
export function OrNull(rule: FieldDecorator): FieldDecorator {
  return (target, name) => {
    rule(target, name);
    Nullable()(target, name);
  };
}

export const Id = (meaning: string) => field(meaning, IsUUID());
export const Text = (meaning: string, maxLength = 255) => field(meaning, IsString(), MaxLength(maxLength));
export const Name = (meaning: string, maxLength = 255) =>
  field(meaning, IsString(), IsNotEmpty(), MaxLength(maxLength));
export const Count = (meaning: string) => field(meaning, IsInt(), Min(0));
export const Whole = (meaning: string) => field(meaning, IsInt());
export const Flag = (meaning: string) => field(meaning, IsBoolean());
export const Time = (meaning: string) => field(meaning, Matches(TIME));
export const AuditTime = (meaning: string) => field(meaning, Matches(AUDIT_TIME));
export const OneOf = (meaning: string, values: readonly unknown[]) => field(meaning, IsIn([...values]));
export const Exactly = (meaning: string, value: unknown) => field(meaning, Equals(value));
export const Fields = (meaning: string) => field(meaning, IsObject());
export const Texts = (meaning: string) => field(meaning, IsArray(), IsString({ each: true }));
export const List = (meaning: string) => field(meaning, IsArray());
export const Checksum = (meaning: string) => field(meaning, Matches(/^[0-9a-fA-F]{32}$/));
